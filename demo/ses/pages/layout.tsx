import type { ComponentChildren } from 'preact';
import { render } from 'preact-render-to-string';

/** Renders a complete page as HTML. */
export function page(title: string, body: ComponentChildren): string {
  return `<!doctype html>${render(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Local mailbox`}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/mailbox.css" />
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to content
        </a>
        <header class="top">
          <a class="name" href="/mailbox">
            Local mailbox
          </a>
          <p>Emails for developers. Every email stays here; nothing leaves this machine.</p>
        </header>
        <main id="content">{body}</main>
      </body>
    </html>,
  )}`;
}

const clock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export function Time({ at }: { at: Date }) {
  return <time dateTime={at.toISOString()}>{clock.format(at)}</time>;
}

/** Shows an address that wraps before its @ if needed. */
export function Address({ of }: { of: string }) {
  const at = of.lastIndexOf('@');
  if (at === -1) return <>{of}</>;
  return (
    <>
      {of.slice(0, at)}
      <wbr />
      {of.slice(at)}
    </>
  );
}

const count = new Intl.NumberFormat('en');

/** Formats 12345 as 12,345. */
export function counted(number: number): string {
  return count.format(number);
}
