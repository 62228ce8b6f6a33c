// A new guest: what its form offers, its fields as a spec, and where it could start. What a spec may be is the contract's to say.
import { parseSelector } from '../../../../cli/engine/selector/parse.ts'
import { selectHosts } from '../../../../cli/engine/selector/selector.ts'
import type { Host } from '../../../../contract/hosts.ts'
import type { Network } from '../../../../contract/networks.ts'
import type { HostVgs } from '../../../../contract/storage.ts'
import type { VmImage } from '../../../../contract/vm-images.ts'
import type { VmPlaces } from '../../../../contract/vms.ts'
import { restartPolicy } from '../../../../protocol/requests/guest-config.ts'
import { alikeView } from '../alike.ts'
import { hostPath, sayMany, saySize } from '../words.ts'
import { commandOf, shellWord } from './acts.ts'

/** That the form has rows for: what has more is written as YAML. */
const ROWS = 4

export interface Offers {
  readonly images: readonly VmImage[]
  readonly networks: readonly Network[]
  readonly vgs: readonly HostVgs[]
  readonly hosts: readonly string[]
}

export function newGuestView({ images, networks, vgs, hosts }: Offers) {
  const pools = [...new Set(vgs.flatMap((host) => host.vgs.flatMap((vg) => vg.pools)))].sort()
  const rows = Array.from({ length: ROWS }, (_, at) => ({ number: at + 1, isFirst: at === 0 }))
  return {
    images: offered(images, 'disk'),
    kernels: offered(images, 'kernel'),
    networks: networks.map(({ name }) => name),
    ...{ pools, firstPool: pools[0] ?? '', hosts, first: rows.slice(0, 1), more: rows.slice(1) },
    restarts: restartPolicy.options.map((name) => ({ name, isChosen: name === 'on-failure' })),
    where: undefined,
  }
}

function offered(images: readonly VmImage[], wanted: VmImage['kind']) {
  return images.flatMap(({ name, kind, present, sizeBytes }) =>
    name !== undefined && kind === wanted && present ? [{ name, size: saySize(sizeBytes) }] : [],
  )
}

interface WantedSpec {
  readonly name: string
  readonly memory: string
  readonly vcpus?: number
  readonly disks: readonly { readonly size: string; readonly pool: string; readonly thinPool?: string; readonly image?: string }[]
  readonly nics: readonly { readonly network: string }[]
  readonly boot?: { readonly kernel: string; readonly cmdline: string }
  readonly cpu?: string
  readonly restart?: string
  readonly groups?: readonly string[]
  readonly notes?: string
}

/** What is left empty is left out; a row of which only a part is filled in is kept, to be refused with what it lacks. */
export function specOf(form: URLSearchParams): WantedSpec {
  const of = (name: string): string => (form.get(name) ?? '').trim()
  const words = (name: string): readonly string[] =>
    of(name)
      .split(/[\s,]+/)
      .filter(Boolean)
  const [sizes, vgs] = [form.getAll('disk-size'), form.getAll('disk-vg')]
  const disks = sizes.flatMap((given, at) => {
    const [size, [pool = '', thinPool]] = [given.trim(), (vgs[at] ?? '').trim().split('/')]
    return size === '' && pool === '' ? [] : [{ size, pool, ...(thinPool === undefined ? {} : { thinPool }) }]
  })
  const image = of('image')
  const vcpus = of('vcpus')
  const boot = { kernel: of('kernel'), cmdline: of('cmdline') }
  return {
    ...{ name: of('name'), memory: of('memory') },
    ...(vcpus === '' ? {} : { vcpus: Number(vcpus) }),
    disks: disks.map((disk, at) => (at === 0 && image !== '' ? { ...disk, image } : disk)),
    nics: form.getAll('nic').flatMap((network) => (network === '' ? [] : [{ network }])),
    ...(boot.kernel === '' && boot.cmdline === '' ? {} : { boot }),
    ...(of('cpu') === '' ? {} : { cpu: of('cpu') }),
    ...(of('restart') === '' ? {} : { restart: of('restart') }),
    ...(words('groups').length === 0 ? {} : { groups: words('groups') }),
    // Browsers send line ends as CR LF.
    ...(of('notes') === '' ? {} : { notes: of('notes').replaceAll('\r\n', '\n') }),
  }
}

/** The hosts that may take it, by a selector as the command line's `--on`; empty: all. */
export function hostsMeant(
  form: URLSearchParams,
  hosts: readonly Host[],
): { readonly hosts?: readonly string[] } | { readonly wrong: string } {
  const text = (form.get('on') ?? '').trim()
  if (text === '') return {}
  const parsed = parseSelector(text)
  const selected = parsed.kind === 'selector' ? selectHosts(parsed.selector, hosts) : parsed
  if (selected.kind === 'refused') return { wrong: `Hosts that may take it: ${selected.reason}.` }
  const ids = selected.items.map(({ id }) => id)
  return ids.length > 0 ? { hosts: ids } : { wrong: `Hosts that may take it: ${text} leaves no host.` }
}

/** `hostless vm create …`, the same. */
export function createCommand(form: URLSearchParams): string {
  const spec = specOf(form)
  const option = (name: string, value: string | number | undefined): readonly string[] =>
    value === undefined || value === '' ? [] : [`--${name} ${shellWord(String(value))}`]
  return [
    commandOf('create', spec.name === '' ? ['NAME'] : [spec.name]),
    ...option('image', spec.disks[0]?.image),
    ...option('memory', spec.memory),
    ...option('vcpus', spec.vcpus),
    ...spec.disks.flatMap(({ size, pool, thinPool }) => option('disk', `${size}@${pool}${thinPool === undefined ? '' : `/${thinPool}`}`)),
    ...spec.nics.flatMap(({ network }) => option('nic', network)),
    ...option('kernel', spec.boot?.kernel),
    ...option('cmdline', spec.boot?.cmdline),
    ...option('cpu', spec.cpu === 'pool' ? undefined : spec.cpu),
    ...option('restart', spec.restart === 'on-failure' ? undefined : spec.restart),
    ...(spec.groups ?? []).flatMap((group) => option('group', group)),
    ...option('notes', spec.notes),
    ...option('on', (form.get('on') ?? '').trim()),
    ...(form.get('power') === 'off' ? ['--stopped'] : []),
  ].join(' ')
}

/** `places`: or why that could not be asked. */
export function whereView(places: VmPlaces | { readonly wrong: string }, command: string) {
  if ('wrong' in places) return { command, wrong: places.wrong, said: '', fits: [], more: '', refused: [] }
  const { fits, refused } = places
  const [best, ...others] = fits
  return {
    ...{ command, wrong: '' },
    said: best
      ? `${best.name} would take it${others.length > 0 ? `; so could ${sayMany(others.length, 'other host')}` : ''}.`
      : 'No host can take it.',
    fits: fits.slice(0, MOST_NAMED).map(({ host, name }) => ({ name, path: hostPath({ id: host, name }) })),
    more: fits.length > MOST_NAMED ? `and ${sayMany(fits.length - MOST_NAMED, 'other')}` : '',
    refused: alikeView(refused.map(({ host, name, reasons }) => ({ host, name, said: reasons.join('; ') }))),
  }
}

const MOST_NAMED = 20
