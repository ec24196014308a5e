import { type Game, MIN_PLAYERS, type Player } from './game.js';

/** Adds a player, or changes the name of one who has joined before. */
export function enter(game: Game, id: number, name: string): Game {
  const others = game.players.filter((player) => player.id !== id).map((player) => player.name);
  const called = uniqueName(others, name);
  if (findPlayer(game, id) !== undefined) return changePlayer(game, id, { name: called });
  const player: Player = { id, name: called, points: 0, disconnectedAt: null };
  return { ...game, players: [...game.players, player] };
}

/** Returns `"Ada 2"` for `"Ada"` if there is an Ada. */
function uniqueName(others: readonly string[], name: string): string {
  let called = name;
  for (let number = 2; others.includes(called); number++) called = `${name} ${number}`;
  return called;
}

export function findPlayer(game: Game, id: number): Player | undefined {
  return game.players.find((player) => player.id === id);
}

export function nameOf(
  { players }: { readonly players: readonly Pick<Player, 'id' | 'name'>[] },
  id: number,
): string {
  return players.find((player) => player.id === id)?.name ?? 'a player who left';
}

/** The players whose phones are connected. */
export function connectedPlayers(game: Game): readonly Player[] {
  return game.players.filter(({ disconnectedAt }) => disconnectedAt === null);
}

export function canStart(game: Game): boolean {
  return connectedPlayers(game).length >= MIN_PLAYERS;
}

/** The game with one player changed. */
export function changePlayer(game: Game, id: number, changes: Partial<Player>): Game {
  const players = game.players.map((each) => (each.id === id ? { ...each, ...changes } : each));
  return { ...game, players };
}
