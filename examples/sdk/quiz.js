// A quiz whose host is a Node.js program: node examples/sdk/quiz.js http://localhost:8081
// quiz-player.html is the page for its players.
import { createRoom } from 'lobby-relay/client';
import { WebSocket } from 'ws';

const QUESTIONS = [
  { question: 'How many legs does a spider have?', answer: '8' },
  { question: 'Which planet is nearest to the sun?', answer: 'mercury' },
  { question: 'What is the chemical symbol of gold?', answer: 'au' },
];

const relay = process.argv[2] ?? 'http://localhost:8081';
const room = await createRoom(relay, { WebSocket, name: 'Quiz' });
const points = new Map();
let round = -1;
let answered = new Set();

console.log(`Join with ${room.code}. The quiz begins when a player sends "start".`);

function ask() {
  answered = new Set();
  const next = QUESTIONS[++round];
  if (next === undefined) return finish();
  console.log(next.question);
  room.send(`Question ${round + 1}: ${next.question}`);
}

function judge(player, text) {
  if (answered.has(player)) return player.send('You have answered already.');
  answered.add(player);
  const isRight = text.trim().toLowerCase() === QUESTIONS[round].answer;
  if (isRight) points.set(player, points.get(player) + 1);
  player.send(isRight ? 'Right!' : 'Wrong.');
  continueIfAllHaveAnswered();
}

function continueIfAllHaveAnswered() {
  // Disconnected players keep their points, but the others do not wait for them.
  const connected = room.players.filter(({ away }) => !away);
  if (connected.length > 0 && connected.every((player) => answered.has(player))) ask();
}

function finish() {
  const ranking = [...points].sort(([, a], [, b]) => b - a);
  const lines = ranking.map(([{ id }, score]) => `Player ${id}: ${score}`);
  room.send(['The end!', ...lines].join('\n'));
  console.log(lines.join('\n'));
  room.stop();
}

room.on('join', (player) => {
  points.set(player, 0);
  player.send(
    round < 0 ? 'Welcome! Send "start" when everybody has joined.' : 'Welcome! Next question soon.',
  );
});
room.on('message', (player, text) => {
  if (round >= 0) judge(player, String(text));
  // Keyboards of phones add a capital letter and a space.
  else if (String(text).trim().toLowerCase() === 'start') ask();
});
room.on('away', () => round >= 0 && continueIfAllHaveAnswered());
room.on('leave', (player) => {
  points.delete(player);
  if (round >= 0) continueIfAllHaveAnswered();
});
room.on('close', ({ reason }) => console.log(`The room is closed: ${reason}`));
