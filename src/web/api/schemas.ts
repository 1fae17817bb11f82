import { z } from 'zod';
import { mostPets } from '../../store/accounts/account-profile.js';
import { longestPassword } from '../login/passwords.js';

/** One trimmed line of text; refuses control characters. */
export const line = (longest: number) =>
  z
    .string()
    .trim()
    .max(longest)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must be one line of text');

const optionalLine = (longest: number) =>
  line(longest)
    .nullish()
    .transform((text) => text || null);

const date = z.iso.date();

const petSchema = z
  .object({
    key: optionalLine(220).meta({
      description: 'Key from GET /v1/first-login; null for a new pet.',
    }),
    name: line(200).meta({
      description: 'May be empty if `key` is given: the pet then keeps the name the practice has, if any.',
    }),
    species: line(40).min(1),
    breed: optionalLine(100),
    bornOn: date.nullish().transform((text) => text ?? null),
    passed: z.boolean().default(false).meta({ description: 'True for a pet that is no longer with the pet parent.' }),
  })
  .refine((pet) => pet.key !== null || pet.name !== '', {
    path: ['name'],
    message: 'must not be empty for a new pet',
  });

export const passwordSchema = z
  .string()
  .min(1)
  .max(longestPassword * 2);

export const profileSchema = z.object({
  firstName: line(200).min(1),
  lastName: line(200).min(1),
  phone: optionalLine(40),
  pets: z.array(petSchema).max(mostPets),
});

export const sessionSchema = z.object({
  token: z.string().meta({ description: 'Send it as "Authorization: Bearer <token>".' }),
  expiresAt: z.iso.datetime(),
});
