/** The code for public lists, which pages with `player.js` load when they use one. */
export { joinListed } from './join-listed.js';
export { requestRooms } from './request-rooms.js';
