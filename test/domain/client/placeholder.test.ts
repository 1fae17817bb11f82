import { describe, expect, it } from '@jest/globals';
import { placeholder } from '../../../src/domain/client/placeholder.js';

describe('email addresses: a placeholder', () => {
  it.each([
    'none@none.com',
    'no@no.com',
    'no@no.org',
    'na@na.com',
    'a@a.com',
    'x@x.net',
    'abc@abc.com',
    'aaa@aaa.com',
    'test@test.com',
    'test@gmail.com',
    'noemail@gmail.com',
    'no_email@yahoo.com',
    'no-e-mail@yahoo.com',
    'noemail123@x1.com',
    'nomail@x1.com',
    'noemailaddress@x1.com',
    'donthaveemail@x1.com',
    'doesnthaveanemail@x1.com',
    'unknown@x1.com',
    'declined@x1.com',
    'refused@x1.com',
    'asdf@x1.com',
    'asdfjkl@x1.com',
    'qwerty@x1.com',
    'qwertyuiop@x1.com',
    '123@x1.com',
    '0000@x1.com',
    'zzzz@x1.com',
    'c1@vetport.com',
    'me@example.org',
    'me@pc.local',
    'me@host.test',
    'needemail@x1.com',
  ])('is %s', (key) => expect(placeholder(key)?.kind).toBe('placeholder'));

  it.each([
    'noreply@x1.com',
    'no-reply@x1.com',
    'donotreply@x1.com',
    'postmaster@x1.com',
    'abuse@x1.com',
    'mailer-daemon@x1.com',
  ])('of a machine is %s', (key) => expect(placeholder(key)?.kind).toBe('role'));

  it.each([
    'ann@gmail.com',
    'noel@gmail.com',
    'noemi@gmail.com',
    'nona@gmail.com',
    'nonie.mail@gmail.com',
    'noe@mail.com',
    'notting@hill.com',
    'tester.jones@gmail.com',
    'contest@gmail.com',
    'bob@bob.com',
    'ann@ann.com',
    'info@bakery.com',
    'office@farm.com',
    'asha@gmail.com',
    'qasim@gmail.com',
    '4521@qq.com',
    'aab@gmail.com',
    'x.y@gmail.com',
    'emailann@gmail.com',
    'ann@email.com',
    'unknownsoldier@gmail.com',
    'declan@gmail.com',
    'jo@mytest.com',
    'hotmail@bob.com',
    'ann@nonesuch.com',
  ])('is not %s', (key) => expect(placeholder(key)).toBeNull());

  it('can be added by a practice: an address, a domain with its subdomains, a local part, a pattern', () => {
    const own = ['Front@Vet.com', '@ourvet.com', 'client-*@', 'x*@*.org'];
    const found = (key: string) => placeholder(key, own)?.rule ?? null;
    expect(found('front@vet.com')).toBe('Front@Vet.com');
    expect(found('any@ourvet.com')).toBe('@ourvet.com');
    expect(found('any@mail.ourvet.com')).toBe('@ourvet.com');
    expect(found('any@notourvet.com')).toBeNull();
    expect(found('client-77@mail.ru')).toBe('client-*@');
    expect(found('xena@farm.org')).toBe('x*@*.org');
    expect(found('xena@farm.com')).toBeNull();
  });

  it('can be declared real by a practice', () => {
    expect(placeholder('test@test.com', ['@test.com'], ['Test@Test.com'])).toBeNull();
  });

  it('answers at once even for a pattern of many asterisks', () => {
    expect(placeholder(`${'ac'.repeat(25)}${'a'.repeat(190)}@x1.com`, [`${'*a'.repeat(100)}b@`])).toBeNull();
  });
});

describe("email addresses: an address of the practice's own", () => {
  const own = (key: string, addresses = ['Desk.Elm@gmail.com', 'hello@pets.elmvets.com']) =>
    placeholder(key, [], [], addresses)?.kind ?? null;

  it.each([
    'desk.elm@gmail.com',
    'desk.elm+rex@gmail.com',
    'hello@pets.elmvets.com',
    'info@elmvets.com',
    'front.desk@elmvets.com',
    'office+smith@elmvets.com',
    'elmvets@elmvets.com',
    'reception@pets.elmvets.com',
  ])('is %s', (key) => expect(own(key)).toBe('role'));

  it.each([
    'jane@elmvets.com',
    'dr.smith@elmvets.com',
    'info@gmail.com',
    'reception@otherelmvets.com',
    'info@bakery.com',
    'elm@gmail.com',
  ])('is not %s', (key) => expect(own(key)).toBeNull());

  it('is never at a public email provider, whatever the practice’s own address is', () => {
    expect(own('info@tampabay.rr.com', ['elmvets@tampabay.rr.com'])).toBeNull();
    expect(own('info@web.de', ['elmvets@web.de'])).toBeNull();
  });

  it('gives way to an address that the practice declares real', () => {
    expect(placeholder('info@elmvets.com', [], ['info@elmvets.com'], ['desk@elmvets.com'])).toBeNull();
  });
});
