import { describe, expect, it } from '@jest/globals';
import { personOf } from '../../../src/domain/client/person.js';
import { client, inUS } from '../support/builders.js';

describe('person: names and addresses', () => {
  const emailsOf = (...emails: string[]) => personOf(client({ emails }), inUS).emails;

  it('logs in with the first valid address and keeps the others', () => {
    expect(emailsOf('none@none.com', 'Ann@Work.org; bob@x1.com', 'ann@work.org')).toEqual({
      login: 'Ann@work.org',
      loginKey: 'ann@work.org',
      others: ['bob@x1.com'],
      problem: null,
      culprit: null,
    });
  });

  it('reports the problem that staff can most easily solve', () => {
    expect(emailsOf()).toMatchObject({ login: null, loginKey: null, problem: 'none', culprit: null });
    expect(emailsOf('none@none.com', '')).toMatchObject({ problem: 'placeholder', culprit: 'none@none.com' });
    expect(emailsOf('none@none.com', 'ann@gmail')).toMatchObject({
      problem: 'malformed',
      culprit: 'ann@gmail',
    });
  });

  it('has names on one line, without control and direction marks, in one Unicode form', () => {
    const row = client({ firstName: ' Ann\tBcc:\u0000 x\r\n', lastName: 'Mu\u0308ller\u202e' });
    expect(personOf(row, inUS)).toMatchObject({ firstName: 'Ann Bcc: x', lastName: 'Müller' });
  });

  it('does not accept a text of several lines as a name or an address', () => {
    const row = client({
      firstName: 'Ann\n9002',
      lastName: 'Baker',
      emails: ['ann@post.example\nbo@post.example', 'c@mail.example\n'],
    });
    expect(personOf(row, inUS)).toMatchObject({
      firstName: null,
      displayName: 'Baker',
      emails: { login: 'c@mail.example', others: [] },
    });
    const alone = personOf({ ...row, emails: ['ann@post.example\r\nbo@post.example'] }, inUS);
    expect(alone.emails).toMatchObject({ login: null, problem: 'malformed' });
  });

  it('always has a name to show', () => {
    const show = (parts: object) => personOf(client({ firstName: null, lastName: null, ...parts }), inUS).displayName;
    expect(show({ lastName: 'Baker' })).toBe('Baker');
    expect(show({ companyName: 'Baker Farms' })).toBe('Baker Farms');
    expect(show({})).toBe('Client 1001');
    expect(show({ displayId: null })).toBe('Client c1');
    expect(show({ displayId: ' ', pimsId: '\0' })).toBe('Client without a number');
  });

  it('is a duplicate suspect of another with the same name and phone, however they are written', () => {
    const key = (firstName: string, number: string) =>
      personOf(client({ firstName, lastName: "O'Neil", phones: [{ label: null, number }] }), inUS).duplicateKey;
    expect(key('Zoë', '555.234.5678')).toBe(key('ZOE', '+1 (555) 234-5678'));
    expect(key('Zoë', '555.234.5678')).not.toBe(key('Zack', '555.234.5678'));
    expect(key('Zoë', 'ask')).toBeNull();
  });
});

describe('person: phones', () => {
  const e164 = (number: string, defaultCountry = 'US') =>
    personOf(client({ phones: [{ label: 'home', number }] }), { defaultCountry }).phones[0]?.e164;

  it.each([
    ['(780) 779-7350', 'US', '+17807797350'],
    ['780.779-7350', 'CA', '+17807797350'],
    ['1-780-779-7350', 'US', '+17807797350'],
    ['780 779 7350 x12', 'US', '+17807797350'],
    ['+44 20 7946 0018', 'US', '+442079460018'],
    ['020 7946 0018', 'GB', '+442079460018'],
    ['0151 23456789', 'DE', '+4915123456789'],
    ['779-7350', 'US', null],
    ['000-000-0000', 'US', null],
    ['call husband', 'US', null],
    ['12345678901234567890', 'US', null],
    ['020 7946 0018', 'XX', null],
  ])('reads %j in %s as %j', (number, country, expected) => {
    expect(e164(number, country)).toBe(expected);
  });

  it('keeps the text as typed and drops empty values', () => {
    const row = client({
      phones: [
        { label: 'cell', number: ' ask\tAnn ' },
        { label: 'home', number: ' ' },
      ],
    });
    expect(personOf(row, inUS).phones).toEqual([{ label: 'cell', e164: null, typed: 'ask Ann' }]);
  });
});
