import type { Data } from './api.js';
import type { EventArguments } from './emitter.js';
import { type CommonEvents, GameEvents } from './game-events.js';
import { ReceivedShares } from './shared/received.js';

/** The events that seats and viewers have in common, with arguments of any type. */
interface CommonGuestEvents extends CommonEvents {
  shared: EventArguments;
  state: EventArguments;
}

/** The events of a seat or a viewer, who has what the host shares. */
export abstract class GuestEvents<
  Map extends { [Name in keyof Map]: EventArguments } & CommonGuestEvents,
> extends GameEvents<Map> {
  protected readonly shares = new ReceivedShares({
    decode: (data) => this.decoded(data),
    emit: (bytes: number, name: 'shared' | 'state', ...event: unknown[]) =>
      this.status !== 'closed' && this.emitSized(bytes, name, ...(event as never)),
  });

  get shared(): ReadonlyMap<string, Data> {
    return this.shares.values as ReadonlyMap<string, Data>;
  }

  get state(): unknown {
    return this.shares.state;
  }

  /** Emits an event, unless a listener has just called `leave`: `close` is the last event. */
  protected emitOpen<Name extends keyof Map>(name: Name, ...event: Map[Name]): void {
    if (this.status !== 'closed') this.emit(name, ...event);
  }
}
