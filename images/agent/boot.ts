// /run/hostless/boot, as the initramfs leaves it: lines of name='value' for shells. Pure.

/** What this boot was told on its command line. */
export interface Boot {
  readonly attempt: string
  /** One-time: whoever shows it first from this address is this host. */
  readonly token: string
  /** Of the appliance's HTTP: address and port. */
  readonly server: string
  readonly name: string
  /** With colons. */
  readonly mac: string
  /** Of a stick: SHA-256 of the only authority's certificate (DER) that a manager may be under, hexadecimal. */
  readonly authority?: string
}

export type ReadBoot = { readonly kind: 'boot'; readonly boot: Boot } | { readonly kind: 'refused'; readonly reason: string }

export function readBoot(text: string): ReadBoot {
  const values = new Map(text.split('\n').flatMap((line) => parsed(line)))
  const of = (name: string): string => values.get(name) ?? ''
  const [attempt, token, server, digits] = [of('attempt'), of('token'), of('server'), of('mac')]
  if (!/^[a-z2-7]{16}$/.test(attempt)) return refused('attempt', attempt)
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return { kind: 'refused', reason: 'token is none' }
  if (!/^[0-9.]{7,15}:\d{1,5}$/.test(server)) return refused('server', server)
  if (!/^[0-9a-f]{12}$/.test(digits)) return refused('mac', digits)
  const authority = of('authority')
  if (!/^([0-9a-f]{64})?$/.test(authority)) return refused('authority', authority)
  const mac = digits.replace(/(..)(?!$)/g, '$1:')
  return { kind: 'boot', boot: { attempt, token, server, name: of('name'), mac, ...(authority === '' ? {} : { authority }) } }
}

function parsed(line: string): readonly (readonly [string, string])[] {
  const [, name, value] = /^([a-z]+)='([^']*)'$/.exec(line.trim()) ?? []
  return name === undefined || value === undefined ? [] : [[name, value]]
}

function refused(name: string, value: string): ReadBoot {
  return { kind: 'refused', reason: `${name} is ${JSON.stringify(value.slice(0, 60))}` }
}
