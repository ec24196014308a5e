import type { PrepareCommand } from '../../protocol/wmbp/commands.js';
import type { RequestedFeatures } from '../../protocol/wmbp/features.js';
import type { Features } from '../../rooms/features.js';
import type { RoomSettings } from '../../rooms/room-info.js';
import { hashSecret } from '../../rooms/secret.js';
import { boundedPace } from '../../rooms/times.js';

/** What `prepare` requests, in the terms of rooms. */
export function settingsOf({ maxPlayers, name, hold = 0, features }: PrepareCommand): RoomSettings {
  const settings = { name, maxPlayers, reconnectWindow: hold };
  if (features === undefined) return settings;
  return { ...settings, code: features.code, features: featuresOf(features) };
}

function featuresOf({ password, code: _, times, ...features }: RequestedFeatures): Features {
  return {
    ...features,
    ...(password !== undefined && { password: hashSecret(password) }),
    ...(times !== undefined && { times: boundedPace(times) }),
  };
}
