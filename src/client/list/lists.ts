/** The code for public lists, which the files for browsers load when a page uses one. */
export { joinListed } from './join-listed.js';
export { requestRooms } from './request-rooms.js';
