import type { FastifyInstance, LightMyRequestResponse } from 'fastify';

export interface Visitor {
  get(path: string): Promise<LightMyRequestResponse>;
  /** Submits a form as its page would: with the cookies and the token of the page at `from`. */
  post(path: string, form: Record<string, string>, from?: string): Promise<LightMyRequestResponse>;
  cookies: Map<string, string>;
  address: string;
}

/** A simple browser: cookies and form tokens. */
export function visitor(app: FastifyInstance, address = '203.0.113.7'): Visitor {
  const cookies = new Map<string, string>();
  const send = async (method: 'GET' | 'POST', url: string, form?: Record<string, string>) => {
    const response = await app.inject({
      method,
      url,
      remoteAddress: self.address,
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
    });
    for (const cookie of response.cookies) {
      const gone = cookie.value === '' || (cookie.expires !== undefined && cookie.expires.getTime() === 0);
      if (gone) cookies.delete(cookie.name);
      else cookies.set(cookie.name, cookie.value);
    }
    return response;
  };
  const self: Visitor = {
    address,
    cookies,
    get: (path) => send('GET', path),
    async post(path, form, from = path) {
      const page = await send('GET', from);
      return send('POST', path, { _csrf: tokenIn(page.body), ...form });
    },
  };
  return self;
}

/** Returns the form token of a page. */
export function tokenIn(html: string): string {
  return /name="_csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
}
