import { type Game, MIN_PLAYERS, type Player } from './game.js';

/** Somebody says a name: a new player, or one who is known and has another name now. */
export function enter(game: Game, id: number, name: string): Game {
  const others = game.players.filter((player) => player.id !== id).map((player) => player.name);
  const called = unlike(others, name);
  if (findPlayer(game, id) !== undefined) return changePlayer(game, id, { name: called });
  const player: Player = { id, name: called, points: 0, awaySince: null };
  return { ...game, players: [...game.players, player] };
}

/** `"Ada"` is `"Ada 2"` if there is an Ada. */
function unlike(others: readonly string[], name: string): string {
  let called = name;
  for (let number = 2; others.includes(called); number++) called = `${name} ${number}`;
  return called;
}

export function findPlayer(game: Game, id: number): Player | undefined {
  return game.players.find((player) => player.id === id);
}

/** Those whose phones are not cut off. */
export function presentPlayers(game: Game): readonly Player[] {
  return game.players.filter(({ awaySince }) => awaySince === null);
}

export function canStart(game: Game): boolean {
  return presentPlayers(game).length >= MIN_PLAYERS;
}

/** The game with one player changed. */
export function changePlayer(game: Game, id: number, changes: Partial<Player>): Game {
  const players = game.players.map((each) => (each.id === id ? { ...each, ...changes } : each));
  return { ...game, players };
}
