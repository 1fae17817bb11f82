import { describe, expect, it } from '@jest/globals';
import { clientStatusReader, petStatusReader, sexReader, speciesReader } from '../../src/connectors/codes.js';

describe('connectors: codes of a PIMS', () => {
  it.each([
    ['CANINE', 'dog'],
    [' Feline ', 'cat'],
    ['Guinea Pig', 'guinea-pig'],
    ['Hamster', 'hamster'],
    ['Gerbil', 'rodent'],
    ['Lagomorph', 'rabbit'],
    ['Canary', 'bird'],
    ['Gryphon', 'other'],
    [null, 'other'],
  ])('reads species %j as %j', (raw, ours) => {
    expect(speciesReader()(raw)).toBe(ours);
  });

  it.each([
    ['M', 'male', null],
    ['MI', 'male', false],
    ['mn', 'male', true],
    ['FS', 'female', true],
    ['Spayed Female', 'female', true],
    ['FI', 'female', false],
    ['Gelding', 'male', true],
    ['UNSPECIFIED', 'unknown', null],
    ['neutered', 'unknown', true],
    ['Beagle', 'unknown', null],
    [null, 'unknown', null],
  ])('reads sex %j as %s, neutered %j', (raw, sex, neutered) => {
    expect(sexReader()(raw)).toEqual({ sex, neutered });
  });

  it('lets an installation define its own codes and remove a shared one', () => {
    const species = speciesReader({ C: 'dog', puppy: null });
    expect([species('c'), species('puppy'), species('canine')]).toEqual(['dog', 'other', 'dog']);
    expect(sexReader({ '1': 'female-neutered' })('1')).toEqual({ sex: 'female', neutered: true });
  });

  it('does not guess the meaning of D, ND, H and NA', () => {
    expect(['D', 'ND', 'H', 'NA'].map(petStatusReader())).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
    expect(petStatusReader({ D: 'deceased' })('d')).toBe('deceased');
    expect(clientStatusReader()('D')).toBeUndefined();
    expect(clientStatusReader({ D: 'deleted' })('D')).toBe('deleted');
    expect(clientStatusReader()('Inactive')).toBe('inactive');
  });
});
