import { isNodeName, isNodeUrl } from '../../cluster/nodes/beat.js';
import { MAX_RECORD } from './moves/room-record.js';
import type { NodeAnswers, NodeQuestions } from './node-questions.js';

type Name = keyof NodeQuestions;
type Ask<Of extends Name> = NodeQuestions[Of]['ask'];
type Answer<Of extends Name> = NodeQuestions[Of]['answer'];

/** What a question, or an answer, has to be, as other clients of the bus could publish, too. */
interface Rule {
  isAsk(ask: Fields): boolean;
  isAnswer(answer: unknown): boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const RULES: { readonly [Of in Name]: Rule } = {
  describe: {
    isAsk: ({ code, seat }) => isText(code) && isTextOrMissing(seat),
    isAnswer: (answer) =>
      answer === null || (isObject(answer) && isText(answer['name']) && isObject(answer['json'])),
  },
  listNumber: {
    isAsk: ({ list, code }) => isText(list) && isText(code),
    isAnswer: (answer) => answer === null || isNumber(answer),
  },
  list: {
    isAsk: ({ list, most, before }) =>
      isText(list) && isNumber(most) && (before === null || isNumber(before)),
    isAnswer: (answer) =>
      Array.isArray(answer) &&
      answer.every((room) => isObject(room) && isNumber(room['number']) && isObject(room['json'])),
  },
  quickJoin: {
    isAsk: ({ list, seat, address }) => isText(list) && isTextOrMissing(seat) && isText(address),
    isAnswer: (answer) => answer === null || (isObject(answer) && isCandidate(answer)),
  },
  release: {
    isAsk: ({ code, token }) => isText(code) && isText(token),
    isAnswer: (answer) => answer === null || (isText(answer) && answer.length <= MAX_RECORD),
  },
  follow: {
    isAsk: ({ code, run, url, epoch }) =>
      isText(code) && isNodeName(run) && isNodeUrl(url) && isNumber(epoch),
    isAnswer: isNumber,
  },
};

/** The answer to a question as another relay has sent it; `undefined` if it is none. */
export function answerTo(value: unknown, answers: NodeAnswers): Answer<Name> | undefined {
  if (!isObject(value)) return undefined;
  const { question, ask } = value;
  if (!isName(question) || !isObject(ask) || !RULES[question].isAsk(ask)) return undefined;
  return (answers[question] as (ask: unknown) => Answer<Name>)(ask);
}

/** The answer of another relay; `undefined` if it is none. */
export function readAnswer<Of extends Name>(question: Of, value: unknown): Answer<Of> | undefined {
  return RULES[question].isAnswer(value) ? (value as Answer<Of>) : undefined;
}

/** A question as it is sent to another relay. */
export function writeQuestion<Of extends Name>(question: Of, ask: Ask<Of>): string {
  return JSON.stringify({ question, ask });
}

function isName(value: unknown): value is Name {
  return isText(value) && Object.hasOwn(RULES, value);
}

function isCandidate({ code, hasSeat, share, number }: Fields): boolean {
  return isText(code) && typeof hasSeat === 'boolean' && isNumber(share) && isNumber(number);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrMissing(value: unknown): boolean {
  return value === undefined || isText(value);
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}
