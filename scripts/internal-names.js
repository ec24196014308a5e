// Names of properties that only the SDK itself uses, which the files for browsers shorten. A name must not
// be in this list if anything else sees it: the public API, the relay, other ends, other pages (the
// storage), or rtc.js and lists.js of another version. `test/unit/internal-names.test.ts` checks that as
// far as it can. A name that is missing here only makes the files larger.

const EVENTS = `hadListener isOnce emitSized canDeliver delivering dropped dropBuffered hasListener
  report iterate decoded emitOpen`;

const CONNECTION = 'socket accepted secret probe isShared';

const SESSION = `echo acknowledged resumeAt unacked isDue takeAck mayAnswer mayRetransmit retransmitted
  acked pauseEnded measured connectionLost roundTrip agreed greet greetAgain notice transmit acknowledge
  acknowledgeLater deliver restarted greeted maxBytes queues fits`;

const PLAYER = `isExact isUnknown notGreeted gotPlain greetedPreviousPage mayGetOldFrames expectAck
  hasConnection sendPlain stored refused`;

const HOST = `isAsking setAbout setAway setMark markOf keepOnly keeps maxFromPlayers roster hasLeft isOver
  isGiven isSynced isListed setStarted setReply setKey setState setPoll openQueue closeQueue sendCommand
  sendToAudience hasAudience`;

const RTC = 'fail cancelTimeout isOpening';

const NAMES = [EVENTS, CONNECTION, SESSION, PLAYER, HOST, RTC].join(' ').split(/\s+/);

export const INTERNAL_NAMES = new RegExp(`^(${NAMES.join('|')})$`);
