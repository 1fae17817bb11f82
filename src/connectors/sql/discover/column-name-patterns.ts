/**
 * Patterns of column names for our fields, letters only. A field takes the column that matches its earliest pattern.
 * The patterns come from public PIMS schemas. They are only guesses, so a person reviews the result.
 */
const clients: Record<string, RegExp[]> = {
  key: [/^(client|customer|owner)?(key|guid)$/, /^(client|customer|owner)?id$/],
  displayId: [/^(client|account|customer)?(number|accountid|accountno|acct(no|num)?|no)$/, /^displayid$/],
  siteId: [/^(practice|site|location|clinic)(id|vid|key|no)?$/],
  title: [/^(title|salutation|prefix)$/],
  firstName: [/^(first|given|fore)(name)?$/, /^fname$/],
  lastName: [/^(last|sur|family)(name)?$/, /^lname$/],
  spouseFirstName: [/^(spouse|partner|alternate|other)(first|given)(name)?$/, /^spouse(name)?$/],
  spouseLastName: [/^(spouse|partner|alternate|other)(last|sur)(name)?$/],
  companyName: [/^(company|business|organi[sz]ation)name$/, /^company$/],
  email: [/^e?mail(address|addr)?1?$/, /^(primary|home)email(address)?$/, /email/],
  homePhone: [/^(home|primary|main)?(phone|tel|telephone)(number|no)?1?$/],
  areaCode: [/^area(code)?$/],
  workPhone: [/^(work|business|office)(phone|tel|telephone)?(number|no)?$/],
  cellPhone: [/^(cell|mobile)(phone)?(number|no)?$/, /^phone2$/],
  classification: [/^(client)?(class|classification|type|category)(id|guid|code)?$/],
  createdOn: [/^(created?|added|entered|entry|registered)(at|on|date|datetime)?$/, /^firstvisit(date)?$/],
  lastVisitOn: [/^(last|latest)visit(date)?$/],
  inactive: [/^(is)?inactive$/],
  active: [/^(is)?active$/],
  deleted: [/^(is)?deleted$/],
  recordState: [/^rec(or)?d(state)?$/],
  optOut: [
    /^(e?mail)?optout$/,
    /^(donot|no)(contact|e?mail)$/,
    /^(rem|reminders?)suspend(ed)?$/,
    /^suspend(ed|reminders)?$/,
  ],
  wantsMail: [/^(sends?|gets?|allow)(reminders|marketing|e?mail)$/],
};

const pets: Record<string, RegExp[]> = {
  key: [/^(pet|patient|animal)?(key|guid)$/, /^(pet|patient|animal)?id$/],
  owner: [/^(owner|client|customer)(id|key|guid|no|number)?$/],
  name: [/^(pet|patient|animal)?name$/],
  species: [/^species(name|desc|description)?$/, /^species(id|guid|key|code)$/],
  breed: [/^breed(name|desc|description)?$/, /^breed(id|guid|key|code)$/],
  sex: [/^(sex|gender)(code)?$/],
  neutered: [/^(is)?(neutered|spayed|desexed|altered|spayneuter|spayedorneutered)$/],
  bornOn: [/^(birth|born|dob|dateofbirth|birthday|birthdate)(date|on)?$/],
  diedOn: [/^(death|died|deceased|dateofdeath)(date|on)?$/],
  status: [/^status(code)?$/],
  inactive: [/^(is)?inactive$/],
  active: [/^(is)?active$/],
  deceased: [/^(is)?(deceased|dead)$/],
  deleted: [/^(is)?deleted$/],
  recordState: [/^rec(or)?d(state)?$/],
};

const ownerships: Record<string, RegExp[]> = {
  pet: [/^(pet|patient|animal)(id|key|guid)?$/],
  client: [/^(client|owner|customer)(id|key|guid)?$/],
  share: [/^(ownership|share|split)?(pct|percent|percentage|share)$/],
  primary: [/^(is)?primary(owner)?$/, /authority$/],
  endedOn: [/^(end|ended|enddate)(date|on)?$/],
  deleted: [/^(is)?deleted$/],
  recordState: [/^rec(or)?d(state)?$/],
};

/** Patterns by part of the mapping. */
export const wordsOf = { clients, pets, ownerships };

/** Our label of a phone -> the field that holds it. */
export const phoneFields = { home: 'homePhone', work: 'workPhone', cell: 'cellPhone' };

/** Fields that raise a flag, each with the value that raises it. */
export const meanings: Record<string, Record<string, boolean | string>> = {
  inactive: { inactive: true, active: false },
  deceased: { deceased: true },
  deleted: { deleted: true, recordState: 'D' },
  ended: { deleted: true, recordState: 'D' },
  optOut: { optOut: true, wantsMail: false },
};

/** Flags, which several columns may raise; every other field takes one column. */
export const flagFields = Object.values(meanings).flatMap((each) => Object.keys(each));

/** Fields that hold words. A number in such a column is a reference to another table, or unrelated. */
export const wordFields = [
  ...['title', 'firstName', 'lastName', 'spouseFirstName', 'spouseLastName', 'companyName', 'email', 'name'],
];

/** Patterns of table names, to choose among several tables with fitting columns. */
export const tableWords = {
  clients: /client|customer|owner(?!ship)|account|party/i,
  pets: /patient|animal|pet/i,
  ownerships: /owner|split|share|clientpatient|patientclient/i,
};

/** Removes the table's name from a column: `CLIENT_LAST_NAME` of table `CLIENT` becomes `lastname`. */
export function plainName(column: string, table: string): string {
  const letters = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const name = letters(column);
  const stems = [letters(table), letters(table).replace(/s$/, '')].filter((stem) => stem.length > 2);
  const stem = stems.find((each) => name.startsWith(each) && name.length > each.length + 1);
  return stem === undefined ? name : name.slice(stem.length);
}
