import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { linkAccount, seedPerson, seedPractice, seedStaff, staffPassword, type SeededPerson } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let mia: Visitor;
let fay: Visitor;

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
  for (const [name, role] of [
    ['mia', 'manager'],
    ['fay', 'front-desk'],
  ] as const)
    await seedStaff(web, `${name}@north.example`, role, ['north']);
  [mia, fay] = (await Promise.all(['mia', 'fay'].map(staff))) as [Visitor, Visitor];
});
afterAll(() => web.close());

async function staff(name: string): Promise<Visitor> {
  const who = visitor(web.app);
  await who.post('/staff/sign-in', { email: `${name}@north.example`, password: staffPassword });
  return who;
}

const path = (person: SeededPerson) => `/staff/pet-parents/${person.practiceId}/${person.pimsId}`;
const card = async (who: Visitor, person: SeededPerson) => {
  const { body } = await who.get(path(person));
  return (
    /<section[^>]*link-card.*?<\/section>/s
      .exec(body)?.[0]
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ') ?? ''
  );
};

describe('console: the account of a record', () => {
  it('is explained, with the consequences of taking the record off it', async () => {
    const person = await seedPerson(web, 'north', { mail: 'queued' });
    const flash = await card(mia, person);
    expect(flash).toContain(`This record is on the account of ${person.email}.`);
    expect(flash).toContain('Linked by rule,');
    expect(flash).toContain('If you take it off: the pet parent no longer sees Mimi and Rex in the Pet App;');
    expect(flash).toContain('the queued email for this record is recalled;');
    expect(flash).toContain('its temporary password stops working');
  });

  it('loses the record if a manager says that it belongs to another person, and gets it back the same way', async () => {
    const person = await seedPerson(web, 'north');
    const form = { account: person.accountId! };
    const answer = await mia.post(`${path(person)}/not-theirs`, form, path(person));
    expect((await mia.get(answer.headers.location as string)).body).toContain('Record taken off the account.');
    expect(web.asked).toContainEqual({ name: 'evaluate-practice', payload: { practiceId: 'north' } });
    const off = await card(mia, person);
    expect(off).toContain(`mia of north decided that this is not the record of ${person.email}`);
    expect(off).toContain(
      `If you put it back: the pet parent who logs in with ${person.email} sees Mimi and Rex in the Pet App again`,
    );
    const login = visitor(web.app, '192.0.2.77');
    const credentials = { email: person.email, password: person.password!.open() };
    expect((await login.post('/app/login', credentials)).statusCode).toBe(401);

    const late = await mia.post(`${path(person)}/not-theirs`, form, path(person));
    expect(late.headers.location).toContain('told=changed-meanwhile');
    await mia.post(`${path(person)}/theirs`, form, path(person));
    expect(await card(mia, person)).toContain('Linked by rule,');
    const { body } = await mia.get(path(person));
    for (const step of ['Record taken off the account', 'Record put back on the account']) expect(body).toContain(step);
  });

  it('keeps pets that another of its records has, and a password while one record is left', async () => {
    const person = await seedPerson(web, 'north', { pets: [{ name: 'Rex' }, { name: 'Ida' }] });
    const another = await seedPerson(web, 'north', { account: false, pets: [{ name: 'Rex' }] });
    await web.deps.db
      .updateTable('pims_pets')
      .set({ pims_id: `${person.pimsId}-0` })
      .where('client_pims_id', '=', another.pimsId)
      .execute();
    await linkAccount(web.deps.db, 'north', another.pimsId, person.accountId!, web.deps.clock());
    const flash = await card(mia, person);
    expect(flash).toContain('no longer sees Ida in the Pet App');
    expect(flash).not.toContain('stops working');
  });

  it('can be seen but not changed by the front desk', async () => {
    const person = await seedPerson(web, 'north');
    const flash = await card(fay, person);
    expect(flash).toContain('Linked by rule,');
    expect(flash).not.toContain('This is not their record');
    const form = { account: person.accountId! };
    for (const act of ['not-theirs', 'theirs'])
      expect((await fay.post(`${path(person)}/${act}`, form, path(person))).statusCode).toBe(403);
  });

  it('is joined or refused by the front desk for a waiting record', async () => {
    const person = await seedPerson(web, 'north');
    const waiting = await seedPerson(web, 'north', { account: false });
    const wait = () =>
      web.deps.db
        .updateTable('pims_clients')
        .set({ email_key: person.email, verdict: 'hold', reason: 'confirm-join' })
        .where('pims_id', '=', waiting.pimsId)
        .execute();
    await wait();
    const flash = await card(fay, waiting);
    expect(flash).toContain(`Somebody with another last name uses the Pet App with ${person.email}.`);
    const form = { account: person.accountId! };
    const answer = await fay.post(`${path(waiting)}/not-joined`, form, path(waiting));
    expect((await fay.get(answer.headers.location as string)).body).toContain('Record taken off the account.');
    expect(web.asked).toContainEqual({ name: 'evaluate-practice', payload: { practiceId: 'north' } });
    const yes = await fay.post(`${path(waiting)}/anyway`, { reason: 'confirm-join' }, path(waiting));
    expect(yes.headers.location).toContain('told=allowed-anyway');
  });
});
