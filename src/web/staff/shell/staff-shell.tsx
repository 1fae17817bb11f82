import type { ComponentChildren } from 'preact';
import { PostForm } from '../../ui/form.js';
import { Icon, type IconName } from '../../ui/icons.js';
import { Page } from '../../ui/page.js';
import { practiceQuery, staffLinks, withQuery } from './routes.js';
import { may, roleNames } from '../team/rights.js';
import { useStaffRequest } from './staff-context.js';
import type { StaffRequest } from './staff-session.js';

type Tab = 'pet-app' | 'email-marketing' | 'practices' | 'syncs' | 'work' | 'people' | 'history' | 'tokens';

interface Area {
  name: string;
  icon: IconName;
  tabs: { id: Tab; name: string; href: string; shown?: (staffRequest: StaffRequest) => boolean }[];
}

const areas: Area[] = [
  {
    name: 'Pet Parents',
    icon: 'people',
    tabs: [{ id: 'pet-app', name: 'Pet App', href: staffLinks.petParents }],
  },
  {
    name: 'Marketing',
    icon: 'mail',
    tabs: [{ id: 'email-marketing', name: 'Email Marketing', href: staffLinks.emailMarketing }],
  },
  {
    name: 'Practice',
    icon: 'sync',
    tabs: [
      {
        id: 'practices',
        name: 'Practices',
        href: staffLinks.practices,
        shown: ({ practices }) => practices.length > 1,
      },
      { id: 'syncs', name: 'Syncs', href: staffLinks.syncs },
      { id: 'work', name: 'Tasks', href: staffLinks.work },
      {
        id: 'people',
        name: 'Staff',
        href: staffLinks.people,
        shown: ({ staff }) => may(staff.role, 'manage-staff'),
      },
      {
        id: 'history',
        name: 'History',
        href: staffLinks.history,
        shown: ({ staff }) => may(staff.role, 'see-history'),
      },
      {
        id: 'tokens',
        name: 'API tokens',
        href: staffLinks.tokens,
        shown: ({ staff }) => may(staff.role, 'manage-tokens'),
      },
    ],
  },
];

interface ShellProps {
  tab: Tab;
  title: string;
  /** Content of the search bar. */
  q?: string;
  scripts?: readonly string[];
  children: ComponentChildren;
}

/** Frame of a console page: search bar, areas and tabs. */
export function StaffShell(props: ShellProps) {
  const { tab } = props;
  const staffRequest = useStaffRequest();
  const area = areas.find(({ tabs }) => tabs.some(({ id }) => id === tab)) as Area;
  const practice = practiceQuery(staffRequest);
  const searchesMails = tab === 'email-marketing';
  return (
    <Page title={`${props.title} - pims-sync`} look="staff" scripts={['console.js', ...(props.scripts ?? [])]}>
      <header>
        <div class="top">
          <a class="brand" href={withQuery(staffLinks.petParents, practice)} aria-label="pims-sync, start page">
            <span class="mark">
              <Icon name="paw" />
            </span>
            <span class="brand-name">pims-sync</span>
          </a>
          <form
            class="search"
            role="search"
            action={searchesMails ? staffLinks.emailMarketing : staffLinks.petParents}
            data-search
          >
            <label class="hidden" for="search">
              {searchesMails ? 'Search emails' : 'Search pet parents'}
            </label>
            <Icon name="search" />
            <input
              id="search"
              name="q"
              type="search"
              value={props.q ?? ''}
              placeholder={searchesMails ? 'Search by name or email' : 'Search by name, email, phone or pet'}
              autocomplete="off"
              spellcheck={false}
              maxLength={100}
            />
            {practice.practice ? <input type="hidden" name="practice" value={practice.practice} /> : null}
            <button class="button search-button">Search</button>
          </form>
          <details class="account">
            <summary>
              <span class="avatar" aria-hidden="true">
                {initials(staffRequest.staff.name)}
              </span>
              <span class="account-name">{staffRequest.staff.name}</span>
            </summary>
            <div class="account-menu">
              <p class="account-who">
                {staffRequest.staff.email}
                <br />
                <span class="muted">{roleNames[staffRequest.staff.role]}</span>
              </p>
              <a href="/staff/account">My password</a>
              {staffRequest.machines.map(({ name, href }) => (
                <a key={href} href={href}>
                  {name}
                </a>
              ))}
              <PostForm action="/staff/sign-out">
                <button class="link">Sign out</button>
              </PostForm>
            </div>
          </details>
        </div>
        <div class="bar">
          <nav class="areas" aria-label="Areas">
            {areas.map((one) => (
              <a
                key={one.name}
                href={withQuery(entryOf(one, staffRequest), practice)}
                aria-current={one === area ? 'true' : undefined}
              >
                <Icon name={one.icon} />
                {one.name}
              </a>
            ))}
          </nav>
          {staffRequest.practices.length > 1 ? (
            <PracticePicker href={area.tabs.find(({ id }) => id === tab)?.href ?? ''} />
          ) : null}
        </div>
        <nav class="tabs" aria-label={area.name}>
          {area.tabs
            .filter(({ shown }) => !shown || shown(staffRequest))
            .map((one) => (
              <a key={one.id} href={withQuery(one.href, practice)} aria-current={one.id === tab ? 'page' : undefined}>
                {one.name}
              </a>
            ))}
        </nav>
      </header>
      <main id="content" class="content">
        {props.children}
      </main>
    </Page>
  );
}

/** Returns the first page of an area: the overview for operators, the chosen practice for everyone else. */
function entryOf({ tabs }: Area, staffRequest: StaffRequest): string {
  const overview = tabs[0]?.id === 'practices' && !may(staffRequest.staff.role, 'run-machines');
  return (tabs[overview ? 1 : 0] as { href: string }).href;
}

function PracticePicker({ href }: { href: string }) {
  const staffRequest = useStaffRequest();
  return (
    <form class="practice-picker" action={href} data-submit-on-change>
      <label class="hidden" for="practice">
        Practice
      </label>
      <select id="practice" name="practice">
        {staffRequest.practices.map(({ id, name }) => (
          <option key={id} value={id} selected={id === staffRequest.practice?.id}>
            {name}
          </option>
        ))}
      </select>
      <button class="button">Go</button>
    </form>
  );
}

function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => (word ? [...word][0] : ''))
    .join('')
    .toUpperCase();
}
