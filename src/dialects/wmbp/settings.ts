import type { PrepareCommand } from '../../protocol/wmbp/commands.js';
import type { RequestedFeatures } from '../../protocol/wmbp/features.js';
import type { Features } from '../../rooms/features.js';
import type { RoomSettings } from '../../rooms/room-info.js';
import { hashSecret } from '../../rooms/secret.js';

/** What `prepare` requests, in the terms of rooms. */
export function settingsOf({ maxPlayers, name, hold = 0, features }: PrepareCommand): RoomSettings {
  const settings = { name, maxPlayers, reconnectWindow: hold };
  if (features === undefined) return settings;
  return { ...settings, code: features.code, features: featuresOf(features) };
}

function featuresOf({ password, code: _, ...features }: RequestedFeatures): Features {
  return password === undefined ? features : { ...features, password: hashSecret(password) };
}
