import { randomBytes } from 'node:crypto'
import test from 'ava'
import { Passwords, PasswordsBusy, SCRYPT_COST } from '../../../manager/access/password.ts'

const CHEAP = { N: 1024, r: 8, p: 1 }

test('Passwords: each hash has a salt of its own, says its cost, and matches only its password', async (t) => {
  const passwords = new Passwords(CHEAP, randomBytes)
  const [one, two] = [await passwords.hash('a long password'), await passwords.hash('a long password')]
  t.not(one, two)
  t.regex(one, /^scrypt\$1024\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
  t.true(await passwords.matches('a long password', one))
  t.false(await passwords.matches('a long passworD', one))
  t.false(await passwords.matches('', one))
  t.false(await passwords.matches('a long password', undefined))
})

test('Passwords: composed and decomposed letters are the same password', async (t) => {
  const passwords = new Passwords(CHEAP, randomBytes)
  t.true(await passwords.matches('pa\u0308sswort mit umlaut', await passwords.hash('p\u00e4sswort mit umlaut')))
})

test('Passwords: a hash that was made at another cost still matches', async (t) => {
  const stored = await new Passwords({ N: 512, r: 4, p: 2 }, randomBytes).hash('a long password')
  t.true(await new Passwords(CHEAP, randomBytes).matches('a long password', stored))
})

test('Passwords: what is no hash of ours is a fault, not a match', async (t) => {
  const passwords = new Passwords(CHEAP, randomBytes)
  for (const stored of ['', 'plain', 'scrypt$1024$8$1$AAAA$', '$2b$12$abcdefghijklmnopqrstuv']) {
    await t.throwsAsync(passwords.matches('plain', stored), { message: /unknown kind/ })
  }
})

test('Passwords: two are looked at, 32 wait, the next is refused; all that waited are answered', async (t) => {
  const passwords = new Passwords(CHEAP, randomBytes)
  const results = await Promise.allSettled(Array.from({ length: 40 }, () => passwords.hash('x')))
  t.is(results.filter(({ status }) => status === 'fulfilled').length, 34)
  t.true(results.every((result) => result.status === 'fulfilled' || result.reason instanceof PasswordsBusy))
  t.regex(await passwords.hash('x'), /^scrypt/, 'afterwards there is room again')
})

test('Passwords: the cost that the manager uses is within the memory that it allows', async (t) => {
  const passwords = new Passwords(SCRYPT_COST, randomBytes)
  t.true(await passwords.matches('a long password', await passwords.hash('a long password')))
})
