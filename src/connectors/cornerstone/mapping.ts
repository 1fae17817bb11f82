import type { MappingInput } from '../sql/mapping/mapping.js';

/**
 * Cornerstone's table names are not public, so the default mapping reads three read-only views that an installer
 * creates (views.sql). We define the names and columns of the views; they may select from any tables of the installed
 * version. Ownership is many to many with shares that sum to 100 (Cornerstone help, "Change patient ownership").
 */
export const cornerstoneMapping: MappingInput = {
  clients: {
    table: 'pp_client',
    key: 'client_key',
    keyType: 'integer',
    displayId: 'client_number',
    siteId: 'practice_id',
    title: 'title',
    firstName: 'first_name',
    lastName: 'last_name',
    spouseFirstName: 'spouse_first',
    spouseLastName: 'spouse_last',
    emails: ['email'],
    phones: {
      phone1: { number: 'phone1', label: 'phone1_label' },
      phone2: { number: 'phone2', label: 'phone2_label' },
      phone3: { number: 'phone3', label: 'phone3_label' },
    },
    classification: 'classification',
    createdOn: 'created_at',
    inactive: { is_inactive: true },
    optOut: { sends_reminders: false },
  },
  pets: {
    table: 'pp_patient',
    key: 'patient_key',
    name: 'name',
    species: 'species',
    breed: 'breed',
    sex: 'sex',
    neutered: 'is_neutered',
    bornOn: 'birth_date',
    diedOn: 'death_date',
    inactive: { is_inactive: true },
  },
  ownerships: {
    table: 'pp_ownership',
    pet: 'patient_key',
    client: 'client_key',
    share: 'ownership_pct',
    primary: 'is_primary',
  },
};
