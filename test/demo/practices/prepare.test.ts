import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import type { Client } from '../../../src/connectors/index.js';
import { findConnector, openConnector } from '../../../src/connectors/registry.js';
import { changeNight } from '../../../demo/practices/night.js';
import { generatePractice } from '../../../demo/practices/practice.js';
import { prepareDemoPims } from '../../../demo/practices/prepare.js';
import type { DemoPims, DemoPimsOptions } from '../../../demo/practices/prepare.js';
import { readAll, reasonsOf } from './decide-all.js';

const databaseUrl = process.env['DATABASE_URL'];
if (!databaseUrl)
  throw new Error('DATABASE_URL is not set. Run the tests with ./scripts/test, which starts a private MariaDB.');

const today = '2026-06-30';
const tag = `t${process.pid}`;
const practices = [
  { id: `${tag}-elm`, connector: 'cornerstone', timeZone: 'America/Chicago' },
  { id: `${tag}-river`, connector: 'avimark', timeZone: 'America/Denver' },
  { id: `${tag}-oak`, connector: 'impromed' },
  { id: `${tag}-banksia`, connector: 'pims-connector-openvpms', country: 'AU' },
  { id: `${tag}-mill`, connector: 'csv' },
];

let folder: string;
let options: DemoPimsOptions;
let demo: DemoPims;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-pims-'));
  options = { folder, databaseUrl, clients: 300, seed: 11, practices, today, mess: 1 };
  demo = await prepareDemoPims(options);
});
afterAll(async () => {
  await demo.stop();
  const mysql = await createConnection(databaseUrl);
  for (const { id } of practices) await mysql.query(`DROP DATABASE IF EXISTS pims_demo_${id.replace('-', '_')}`);
  await mysql.end();
  await rm(folder, { recursive: true });
});

async function read({
  id,
  connector,
  timeZone = 'UTC',
}: {
  id: string;
  connector: string;
  timeZone?: string;
}): Promise<Client[]> {
  const path = connector === 'pims-connector-openvpms' ? './examples/pims-connector-openvpms/index.js' : connector;
  const definition = await findConnector(path, process.cwd());
  const context = { practiceId: id, timeZone, baseDir: folder, log: () => undefined };
  return readAll(await openConnector(definition, demo.connections[id], context));
}

// The OpenVPMS plugin imports this package by name, which needs an installation; its own tests read this shape.
const readable = practices.filter(({ connector }) => connector !== 'pims-connector-openvpms');

describe.each(readable)('demo: $connector', (practice) => {
  let clients: Client[];
  beforeAll(async () => {
    clients = await read(practice);
  });

  it('is read completely, and every client gets the expected decision', () => {
    const truth = demo.truths[practice.id];
    expect(clients).toHaveLength(truth?.clients as number);
    expect(reasonsOf(clients, today, 'US')).toEqual(truth?.byReason);
  });

  it('has every pet, with its owners', () => {
    const pets = new Set(clients.flatMap((client) => client.pets.map(({ pimsId }) => pimsId)));
    expect(pets.size).toBe(demo.truths[practice.id]?.pets);
  });

  it('shows no zero date', () => {
    const dates = clients.flatMap((client) => client.pets.flatMap(({ bornOn, diedOn }) => [bornOn, diedOn]));
    expect(dates.filter((date) => date !== null && date < '1990-01-01')).toEqual([]);
  });
});

describe('demo: OpenVPMS', () => {
  const ask = async (sql: string): Promise<number> => {
    const mysql = await createConnection({ uri: databaseUrl, database: `pims_demo_${tag}_banksia` });
    const [rows] = await mysql.query(sql);
    await mysql.end();
    return Number((rows as { n: number }[])[0]?.n);
  };

  it('stores customers and patients as entities, each patient with one current owner', async () => {
    const truth = demo.truths[`${tag}-banksia`];
    const entities = "SELECT COUNT(*) AS n FROM entities WHERE arch_short_name = 'party.";
    expect(await ask(`${entities}customerPerson'`)).toBe(truth?.clients);
    expect(await ask(`${entities}patientPet'`)).toBe(truth?.pets);
    const owners = `SELECT COUNT(DISTINCT target_id) AS n FROM entity_relationships
      WHERE arch_short_name = 'entityRelationship.patientOwner' AND active_end_time IS NULL`;
    expect(await ask(owners)).toBe(truth?.pets);
    expect(await ask(owners.replace('DISTINCT target_id', '*'))).toBe(truth?.pets);
  });

  it('gives each customer with email one address in use, and some an old one', async () => {
    const inUse = (test: string): string =>
      `SELECT COUNT(*) AS n FROM contacts WHERE arch_short_name = 'contact.email' AND active_end_time ${test}`;
    expect(await ask(inUse('IS NULL'))).toBe(await ask(inUse('IS NULL').replace('*', 'DISTINCT party_id')));
    expect(await ask(inUse('IS NOT NULL'))).toBeGreaterThan(0);
    const lookups = `SELECT COUNT(*) AS n FROM entity_details d LEFT JOIN lookups l
        ON l.arch_short_name = CONCAT('lookup.', d.name) AND l.code = d.value
      WHERE d.name IN ('species', 'breed') AND l.code IS NULL`;
    expect(await ask(lookups)).toBe(0);
  });
});

describe('demo: all practices', () => {
  it('shares pets of couples in Cornerstone and AVImark', async () => {
    for (const practice of practices.slice(0, 2)) {
      const shares = (await read(practice)).flatMap((client) => client.pets.map(({ share }) => share));
      expect(shares).toContain(50);
    }
  });

  it('never lets the ImproMed reader see a social security number', async () => {
    const tds = demo.servers[`${tag}-oak`];
    await read(practices[2] as (typeof practices)[number]);
    const columns = new Set(tds?.statements.flatMap((statement) => statement.columns));
    expect(columns.has('CLIENTS.EMAIL_ADDRESS')).toBe(true);
    expect([...columns].filter((column) => /SOCIAL|LICENSE/.test(column))).toEqual([]);
  });

  it('keeps names that the code page can hold, and question marks for the others', async () => {
    const names = (await read(practices[1] as (typeof practices)[number])).map(({ lastName }) => lastName ?? '');
    const wide = (await read(practices[2] as (typeof practices)[number])).map(({ lastName }) => lastName ?? '');
    expect(names.some((name) => name.includes('?'))).toBe(true);
    expect(wide.some((name) => /[^\u0000-\u024f]/.test(name))).toBe(true);
  });

  it('reuses a PIMS that already exists, and makes it again if anything differs', async () => {
    const again = await prepareDemoPims(options);
    expect(again.filled).toBe(false);
    expect(again.truths).toEqual(demo.truths);
    await again.stop();
    await writeFile(join(folder, `${tag}-mill.json`), '{"what": "cut sh');
    const once = await prepareDemoPims({ ...options, practices: practices.slice(4) });
    expect(once.filled).toBe(true);
    const other = await prepareDemoPims({ ...options, clients: 20, practices: practices.slice(4) });
    expect(other.truths[`${tag}-mill`]?.clients).toBe(20);
  });

  it('names the connector for which it cannot make a PIMS', async () => {
    const unknown = prepareDemoPims({ ...options, practices: [{ id: 'x', connector: 'ezyvet' }] });
    await expect(unknown).rejects.toMatchObject({ code: 'demo-connector-unknown' });
  });
});

describe('demo: nightly changes in Cornerstone', () => {
  const practice = generatePractice({ seed: `11/${tag}-elm`, clients: 300, today, mess: 1, town: '11/town' });
  const elm = practices[0] as (typeof practices)[number];

  it('changes only the data that it reports', async () => {
    const file = join(folder, `${tag}-elm.sqlite`);
    const before = new Map((await read(elm)).map((client) => [Number(client.pimsId), client]));
    const night = await changeNight({ practice, night: 1, share: 0.2, today: '2026-07-01', file });
    const after = new Map((await read(elm)).map((client) => [Number(client.pimsId), client]));

    const gone = [...before.keys()].filter((number) => !after.has(number));
    const added = [...after.keys()].filter((number) => !before.has(number));
    expect(gone.sort()).toEqual([...night.removed].sort());
    expect(added.sort()).toEqual([...night.added].sort());
    const kept = [...after.keys()].filter((number) => before.has(number));
    const differing = (part: (client: Client) => unknown): number[] =>
      kept.filter(
        (number) =>
          JSON.stringify(part(after.get(number) as Client)) !== JSON.stringify(part(before.get(number) as Client)),
      );
    expect(differing(({ emails }) => emails).sort()).toEqual([...night.email].sort());
    expect(differing(({ phones }) => phones).sort()).toEqual([...night.phone].sort());
    expect(night.inactive.every((number) => after.get(number)?.inactive)).toBe(true);
    expect(night.inactive).toEqual(expect.arrayContaining(differing(({ inactive }) => inactive)));
    const deaths = differing(({ pets }) => pets.map(({ diedOn }) => diedOn));
    for (const number of night['pet-died']) expect(deaths).toContain(number);
    expect(Object.values(night).flat().length).toBeGreaterThan(40);
  });

  it('changes other data for another seed name', async () => {
    const file = join(folder, `${tag}-elm.sqlite`);
    const bytes = await readFile(file);
    const second = await changeNight({ practice, night: 2, share: 0.1, today: '2026-07-02', file });
    await writeFile(file, bytes);
    expect(await changeNight({ practice, night: 2, share: 0.1, today: '2026-07-02', file })).toEqual(second);
    await writeFile(file, bytes);
    expect(await changeNight({ practice, night: 3, share: 0.1, today: '2026-07-02', file })).not.toEqual(second);
  });
});
