/** Public entry for connector authors: `import { defineConnector } from 'pims-sync/connector'`. */
export * from './contract.js';
export * from './errors.js';
export type { Client, Phone } from '../domain/client/client.js';
export type { Pet, PetStatus, Sex } from '../domain/client/pet.js';
export { cleanText } from './text.js';
export { calendarDate, type DateReading, readDate, tomorrow } from './dates.js';
export { clientStatusReader, petStatusReader, sexCodes, sexReader, speciesReader } from './codes.js';
