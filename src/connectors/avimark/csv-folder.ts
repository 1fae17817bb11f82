import { z } from 'zod';
import type { Connector, ConnectorContext } from '../contract.js';
import { csvSettings } from '../csv/settings.js';
import { openCsv } from '../csv/index.js';
import { usualHeaders, type UsualHeaders } from '../csv/header-aliases.js';

/**
 * AVImark's classic edition has its own binary files and no SQL, but staff can export the results of Information
 * Search: clients and patients, Results, Export, CSV. Staff choose the columns, so only the key, a name, the email and
 * the owner are required. The expected headers are AVImark's field names (the open CarsonDB reader lists them) or its
 * screen labels. We have not seen a real export, so `check` reports the headers that it finds.
 */
export const avimarkCsvSettings = csvSettings.extend({ driver: z.literal('csv') });
export type AvimarkCsvSettings = z.output<typeof avimarkCsvSettings>;

const headers: UsualHeaders = {
  clients: {
    ...usualHeaders.clients,
    // The record number is the key: ANIMAL_CLIENT refers to it.
    key: `client id, client record, ${usualHeaders.clients.key}`,
    title: `client title, ${usualHeaders.clients.title}`,
    firstName: `client first, ${usualHeaders.clients.firstName}`,
    lastName: `client last, ${usualHeaders.clients.lastName}`,
    spouseFirstName: `client spouse, ${usualHeaders.clients.spouseFirstName}`,
    classification: `client class, ${usualHeaders.clients.classification}`,
    createdOn: `client added, ${usualHeaders.clients.createdOn}`,
    // Deleted records stay in AVImark's files with record state D, and an export may list them.
    deleted: `client recd=D, recd=D, ${usualHeaders.clients.deleted}`,
    optOut: `client suspend, suspend, ${usualHeaders.clients.optOut}`,
    emails: [`client email, ${usualHeaders.clients.emails[0]}`],
    phones: {
      home: { number: 'client phone, home phone, phone', area: 'client area, area, area code' },
      work: { number: 'client business, business, work phone' },
      cell: { number: 'client cell, cell, cell phone' },
    },
  },
  pets: {
    ...usualHeaders.pets,
    key: `animal id, ${usualHeaders.pets.key}`,
    owner: `animal client, ${usualHeaders.pets.owner}, client`,
    name: `animal name, ${usualHeaders.pets.name}`,
    species: `animal species, ${usualHeaders.pets.species}`,
    breed: `animal breed, ${usualHeaders.pets.breed}`,
    sex: `animal sex, ${usualHeaders.pets.sex}`,
    bornOn: `animal birthday, ${usualHeaders.pets.bornOn}`,
    diedOn: `animal death, ${usualHeaders.pets.diedOn}`,
    deleted: `animal recd=D, recd=D, ${usualHeaders.pets.deleted}`,
  },
};

/** AVImark's one-character sex codes. N and S are inferred from exports, as in the SQL edition. */
const sexCodes = { n: 'male-neutered', s: 'female-neutered' } as const;

/** Opens a connector on a folder of AVImark exports. The practice's own mapping and codes win over these defaults. */
export function openAvimarkCsvFolder(settings: AvimarkCsvSettings, context: ConnectorContext): Connector {
  const codes = { ...settings.mapping.codes, sex: { ...sexCodes, ...settings.mapping.codes.sex } };
  return openCsv({ ...settings, mapping: { ...settings.mapping, codes } }, context, headers);
}
