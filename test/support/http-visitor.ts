/** A response with its text and its redirect target. */
interface Seen {
  status: number;
  text: string;
  location: string | null;
}

export interface HttpVisitor {
  get(path: string): Promise<Seen>;
  /** Submits the page's form with this action; fields that are not given keep the page's values. */
  submit(page: Seen, action: string, filled?: Record<string, string>): Promise<Seen>;
  /** Lists every secret in the cookies. */
  cookies(): string[];
  /** Returns all cookies as a request header. */
  cookieHeader(): string;
}

/** A simple browser over real HTTP: cookies, forms and redirects. */
export function httpVisitor(origin: string): HttpVisitor {
  const jar = new Map<string, string>();
  const cookieHeader = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const send = async (path: string, form?: URLSearchParams): Promise<Seen> => {
    const response = await fetch(new URL(path, origin), {
      redirect: 'manual',
      headers: { cookie: cookieHeader() },
      ...(form ? { method: 'POST', body: form } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return {
      status: response.status,
      text: await response.text(),
      location: response.headers.get('location'),
    };
  };
  return {
    get: (path) => send(path),
    submit: (page, action, filled = {}) =>
      send(action, new URLSearchParams({ ...fieldsOf(page.text, action), ...filled })),
    cookies: () => [...jar.values()],
    cookieHeader,
  };
}

/** Returns the initial values of a form's fields. @throws if the page has no such form */
function fieldsOf(html: string, action: string): Record<string, string> {
  const forms = html.match(/<form\b[^>]*>[\s\S]*?<\/form>/g) ?? [];
  const form = forms.find((one) => attribute(/^<form\b[^>]*>/.exec(one)?.[0] ?? '', 'action') === action);
  if (!form) throw new Error(`The page has no form that goes to ${action}:\n${textOf(html)}`);
  const fields: Record<string, string> = {};
  for (const tag of form.match(/<input\b[^>]*>/g) ?? []) {
    const name = attribute(tag, 'name');
    const off = attribute(tag, 'type') === 'checkbox' && !/\schecked\b/.test(tag);
    if (name !== null && !off) fields[name] = attribute(tag, 'value') ?? '';
  }
  for (const select of form.match(/<select\b[\s\S]*?<\/select>/g) ?? []) {
    const chosen = /<option\b[^>]*\sselected\b[^>]*>/.exec(select)?.[0] ?? '';
    fields[attribute(select, 'name') ?? ''] = attribute(chosen, 'value') ?? '';
  }
  return fields;
}

function attribute(tag: string, name: string): string | null {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? null : plain(value);
}

/** Returns the visible text of a page. */
export function textOf(html: string): string {
  return plain(html.replace(/<(script|style|head)\b[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

function plain(html: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return html.replace(/&(#39|amp|lt|gt|quot);/g, (_all, name: string) => named[name] as string);
}
