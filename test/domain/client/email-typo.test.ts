import { describe, expect, it } from '@jest/globals';
import { suggestDomain, typoHint } from '../../../src/domain/client/email-typo.js';

describe('email addresses: a typo in an address whose email bounced', () => {
  it.each([
    ['kim@gmial.com', 'gmail.com'],
    ['kim@gmai.com', 'gmail.com'],
    ['kim@gmaill.com', 'gmail.com'],
    ['kim@hotnail.com', 'hotmail.com'],
    ['kim@HOTMAIL.CON', 'hotmail.com'],
    ['kim@gmial.con', 'gmail.com'],
    ['kim@gmail.co', 'gmail.com'],
    ['kim@yaho.com', 'yahoo.com'],
    ['kim@outlok.com', 'outlook.com'],
    ['kim@comcast.ner', 'comcast.net'],
    ['kim@aol.cmo', 'aol.com'],
    ['kim@bigpnod.com', 'bigpond.com'],
  ])('%s: suggests %s', (address, meant) => {
    expect(suggestDomain(address)).toBe(meant);
    expect(typoHint(address)).toBe(` Perhaps ${meant} was meant; ask them.`);
  });

  it.each([
    'kim@gmail.com',
    'kim@ymail.com',
    'kim@mail.com',
    'kim@gmx.com',
    'kim@yahoo.fr',
    'kim@abl.com',
    'kim@elmstreet.example',
    'kim@example.co',
    'no-address',
    '',
  ])('%s: suggests nothing', (address) => {
    expect(suggestDomain(address)).toBeNull();
    expect(typoHint(address)).toBe('');
  });
});
