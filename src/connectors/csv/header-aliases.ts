/**
 * Common headers of our fields in exports, best first, compared without case, spaces and punctuation. For flags,
 * `!name` is a column whose "no" raises the flag, and `name=D` a column whose value D raises it. `emails` has one list
 * of headers per address of a client.
 */
export const usualHeaders = {
  clients: {
    key: 'client id, client key, owner id, customer id, client number, client no, account number, id',
    displayId: 'client number, client no, account number, account, client id',
    siteId: 'site id, practice id, location id',
    title: 'title, prefix, salutation',
    firstName: 'first name, first, client first name, owner first name, given name',
    lastName: 'last name, last, client last name, owner last name, surname, family name',
    spouseFirstName: 'spouse first name, spouse first, spouse',
    spouseLastName: 'spouse last name, spouse last',
    companyName: 'company name, company, organization, organisation',
    classification: 'classification, client class, client type, class',
    createdOn: 'created on, created, date created, date added, added, entered',
    lastVisitOn: 'last visit, last visit date, last visit on',
    status: 'client status, status',
    inactive: 'inactive, is inactive, !active, !is active',
    deleted: 'deleted, is deleted',
    optOut:
      'email opt out, opt out, do not email, no email, do not contact, suspend reminders, !allow email, !allow marketing',
    emails: [
      'email, email address, primary email, email 1, client email, owner email',
      'email 2, email address 2, secondary email, alternate email',
    ],
    phones: {
      home: { number: 'home phone, phone, phone 1, phone number, telephone' },
      work: { number: 'work phone, business phone, phone 2' },
      cell: { number: 'cell phone, mobile phone, mobile, cell, phone 3' },
    } as Phones,
  },
  pets: {
    key: 'patient id, pet id, animal id, patient number, patient no, id',
    owner: 'client id, client key, owner id, customer id, client number, client no, account number, owner',
    name: 'patient name, pet name, animal name, name',
    species: 'species, species name, species description',
    breed: 'breed, breed name, breed description',
    sex: 'sex, gender',
    neutered: 'neutered, spayed neutered, spayed or neutered, altered, desexed',
    bornOn: 'birth date, date of birth, dob, birthday, born, born on',
    diedOn: 'date of death, death date, deceased date, died, died on, death',
    status: 'patient status, pet status, status',
    inactive: 'inactive, is inactive, !active, !is active',
    deceased: 'deceased, is deceased, dead',
    deleted: 'deleted, is deleted',
    share: 'share, ownership percentage, percent',
    primaryOwner: 'primary owner, is primary',
  },
};

/** Our label of a phone -> its headers; `area` if the area code has its own column. */
type Phones = Record<string, { number: string; area?: string }>;

export type UsualHeaders = typeof usualHeaders;
