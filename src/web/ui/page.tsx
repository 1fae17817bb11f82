import type { ComponentChildren } from 'preact';
import { asset } from '../http/assets.js';

interface PageProps {
  title: string;
  /** Look of the page: `staff` or `pet`. */
  look: 'staff' | 'pet';
  /** Script files of `public/`, loaded after the page. Every page also works without scripts. */
  scripts?: readonly string[];
  children: ComponentChildren;
}

/** HTML frame of every page. */
export function Page({ title, look, scripts = [], children }: PageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <title>{title}</title>
        <link rel="icon" href={asset('icon.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={asset('app.css')} />
        {scripts.map((name) => (
          <script key={name} type="module" src={asset(name)} />
        ))}
      </head>
      <body class={`look-${look}`}>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        {children}
      </body>
    </html>
  );
}
