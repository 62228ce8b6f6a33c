// ip(8) and bridge(8): links shown as JSON; bridges and VLANs made, switched, joined and taken away.
import { showBridgeFdb, showIpAddress, showIpLink } from '../show/network.ts'
import { type LinkDevice, withRam } from '../state/site.ts'
import { type Context, did, type Ended, failed, gap, here, said } from './command.ts'

export function ip(context: Context): Ended {
  const options = context.args.filter((word) => word.startsWith('-'))
  const [what = '', verb = 'show', ...rest] = context.args.filter((word) => !word.startsWith('-'))
  const odd = options.find((one) => !['-json', '-j', '-details', '-d', '-o', '-s'].includes(one))
  if (odd !== undefined) gap(context, `the option ${odd}`)
  if (/^l(ink)?$/.test(what) && verb === 'show' && rest.length === 0) return said(context, showIpLink(here(context)), 10)
  if (/^a(ddr(ess)?)?$/.test(what) && verb === 'show' && rest.length === 0) return said(context, showIpAddress(here(context).machine), 10)
  if (!/^l(ink)?$/.test(what)) gap(context, `ip ${what} ${verb}`)
  switch (verb) {
    case 'add':
      return add(context, rest)
    case 'set':
      return set(context, rest)
    case 'del':
    case 'delete':
      return remove(context, rest)
    default:
      return gap(context, `ip link ${verb}`)
  }
}

/** ss(8), of which only the end of sockets that nobody has any more is wanted. */
export function ss(context: Context): Ended {
  if (!context.args.includes('--kill') || !context.args.includes('fin-wait-1')) gap(context, `ss ${context.args.join(' ')}`)
  return did(withRam(context.site, context.host, { leftSockets: 0 }), 10)
}

/** `[link ETH] [name] NAME type bridge|vlan [id N]`. */
function add(context: Context, words: readonly string[]): Ended {
  const after = (word: string): string | undefined => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined)
  const over = after('link')
  const plain = words.filter(
    (word, index) => !['link', 'name', 'type', 'id'].includes(word) && !['link', 'type', 'id'].includes(words[index - 1] ?? ''),
  )
  const [name = ''] = plain
  const kind = after('type')
  if (kind !== 'bridge' && kind !== 'vlan' && kind !== 'dummy') gap(context, `a link of type ${kind ?? ''}`)
  if (plain.length !== 1) gap(context, `the words ${plain.slice(1).join(' ')}`)
  if (namesOf(context).includes(name)) return failed(context, 2, 'RTNETLINK answers: File exists')
  if (kind === 'vlan' && (over === undefined || !namesOf(context).includes(over)))
    return failed(context, 1, `Cannot find device "${over ?? ''}"`)
  const vlan = after('id')
  const made: LinkDevice = {
    name,
    kind,
    up: false,
    ...(over === undefined ? {} : { over }),
    ...(vlan === undefined ? {} : { vlan: Number(vlan) }),
  }
  return did(withRam(context.site, context.host, { links: [...here(context).ram.links, made] }), 10)
}

function set(context: Context, words: readonly string[]): Ended {
  const [name = '', ...changes] = words[0] === 'dev' ? words.slice(1) : words
  const { links } = here(context).ram
  const link = links.find((one) => one.name === name)
  if (!link)
    return namesOf(context).includes(name)
      ? gap(context, `a change of ${name}, which is the machine's own`)
      : failed(context, 1, `Cannot find device "${name}"`)
  let next: LinkDevice = link
  for (let at = 0; at < changes.length; at += 1) {
    const word = changes[at] ?? ''
    const { master: _, ...alone } = next
    if (word === 'up' || word === 'down') next = { ...next, up: word === 'up' }
    else if (word === 'nomaster') next = alone
    else if (word === 'master') {
      at += 1
      const master = changes[at] ?? ''
      if (!namesOf(context).includes(master)) return failed(context, 1, `Error: argument "${master}" is wrong: Device does not exist`)
      next = { ...next, master }
    } else gap(context, `ip link set ${word}`)
  }
  return did(withRam(context.site, context.host, { links: links.map((one) => (one === link ? next : one)) }), 10)
}

function remove(context: Context, words: readonly string[]): Ended {
  const [name = ''] = words[0] === 'dev' ? words.slice(1) : words
  const { links } = here(context).ram
  const link = links.find((one) => one.name === name)
  if (!link)
    return namesOf(context).includes(name)
      ? gap(context, `the removal of ${name}, which is the machine's own`)
      : failed(context, 1, `Cannot find device "${name}"`)
  const left = links
    .filter((one) => one !== link && one.over !== name)
    .map((one) => {
      const { master, ...alone } = one
      return master === name ? alone : one
    })
  return did(withRam(context.site, context.host, { links: left }), 10)
}

function namesOf(context: Context): readonly string[] {
  const { machine, ram } = here(context)
  return [
    ...[
      'lo',
      'bond0',
      'xenbr0',
      ...machine.nics.map(({ name }) => name),
      ...machine.vlans.flatMap(({ id, bridge: name }) => [name, `bond0.${id}`]),
    ],
    ...ram.links.map(({ name }) => name),
    ...ram.domains.flatMap(({ domid, nics }) => nics.map(({ devid }) => `vif${domid}.${devid}`)),
  ]
}

export function bridge(context: Context): Ended {
  const words = context.args.filter((word) => !word.startsWith('-'))
  switch (words.join(' ')) {
    case 'fdb show':
      return said(context, showBridgeFdb(here(context)), 10)
    case 'vlan show':
      return said(context, '[]', 10)
    default:
      return words.slice(0, 2).join(' ') === 'fdb replace' ? replace(context, words.slice(2)) : gap(context, `bridge ${words.join(' ')}`)
  }
}

/** `MAC dev VIF master dynamic`: what a bridge has learned of guests is shown nowhere. */
function replace(context: Context, words: readonly string[]): Ended {
  const [, dev, vif = '', ...rest] = words
  if (dev !== 'dev' || rest.join(' ') !== 'master dynamic') gap(context, `bridge fdb replace ${words.join(' ')}`)
  return namesOf(context).includes(vif) ? did(context.site, 5) : failed(context, 255, `Cannot find device "${vif}"`)
}
