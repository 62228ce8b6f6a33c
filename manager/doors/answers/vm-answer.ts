// Guests and networks as the contract has them. Pure.
import type { Network } from '../../contract/networks.ts'
import type { Vm, VmDetail, VmDisk } from '../../contract/vms.ts'
import type { GuestView } from '../../guests/book.ts'
import type { DiskRecord, GuestRecord } from '../../guests/guest.ts'
import { isOn, type Network as Known } from '../../networks/network.ts'
import { deviceOf, lvOf } from '../../protocol/guest-disk.ts'
import { writeSpec } from '../../protocol/guest-spec.ts'
import type { Trust } from '../../protocol/host.ts'
import type { Inventory } from '../../protocol/inventory.ts'
import { uncountedOf } from '../../protocol/unread.ts'
import { vgsOf } from '../../storage/vgs.ts'

/** `clashes`: of its addresses with others'. */
export function vmAnswer({ uuid, name, state, why, record, host, seen, holding }: GuestView, clashes: readonly string[] = []): Vm {
  const [first] = seen
  const own = first && (state === 'unmanaged' || first.host.id === host?.id) ? first : undefined
  const domain = own?.domain
  const spec = record?.spec
  return {
    ...{ uuid, name, state },
    ...(why === undefined ? {} : { why }),
    ...(host ? { host: host.id, hostName: host.name } : {}),
    ...(domain ? { domid: domain.domid } : {}),
    vcpus: domain?.vcpus ?? spec?.vcpus ?? 0,
    memoryBytes: domain?.memoryBytes ?? spec?.memory ?? 0,
    ...(spec?.disks[0]?.image === undefined ? {} : { image: spec.disks[0].image }),
    networks: spec?.nics.map(({ network }) => network) ?? [],
    macs: spec?.nics.flatMap(({ mac }) => mac ?? []) ?? domain?.nics.flatMap(({ mac }) => mac ?? []) ?? [],
    ...(own?.addresses ? { addresses: own.addresses.map((one) => ({ ...one })) } : {}),
    ...(clashes.length === 0 ? {} : { clashes: [...clashes] }),
    ...{ groups: [...(spec?.groups ?? [])], tags: [...(spec?.tags ?? [])], notes: spec?.notes ?? '' },
    ...(record
      ? {
          diskBytes: record.disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
          restart: record.spec.restart,
          ...{ created: record.created, createdBy: record.createdBy },
        }
      : {}),
    ...(holding ? { automation: { id: holding.automation, title: holding.title, recipe: holding.recipe } } : {}),
  }
}

/** `inventory`: of a host. */
export function vmDetailAnswer(
  view: GuestView,
  inventory: (host: string) => Inventory | undefined,
  clashes: readonly string[] = [],
): VmDetail {
  const { record } = view
  return {
    ...vmAnswer(view, clashes),
    ...(record ? { spec: { ...writeSpec(record.spec) } } : {}),
    disks: record?.disks.map((disk) => diskAnswer(disk, contentOf(record, disk), inventory(disk.host))) ?? [],
    nics: nicsAnswer(view),
    seen: view.seen.map(({ host, domain }) => ({
      ...{ host: host.id, hostName: host.name, domid: domain.domid, state: domain.state },
      disks: domain.disks.map(({ vdev, target, readOnly }) => ({ vdev, target, access: readOnly ? 'read-only' : 'read-write' })),
      ...(domain.configured === false ? { unread: true } : {}),
    })),
  }
}

/** Those of its spec, joined by MAC with those of the domain; of a stranger what its host reports. */
function nicsAnswer({ record, seen: [first] }: GuestView): NonNullable<VmDetail['nics']> {
  const reported = first?.domain.nics ?? []
  if (!record) return reported.map(({ mac, bridge, vif }) => ({ ...(mac ? { mac } : {}), ...attached({ bridge, vif }) }))
  return record.spec.nics.map(({ network, mac, rateKBps, filter }) => ({
    network,
    ...(mac === undefined ? {} : { mac }),
    ...(rateKBps === undefined ? {} : { rateKBps }),
    ...(filter === undefined ? {} : { filter }),
    ...attached(reported.find((one) => one.mac !== undefined && one.mac === mac) ?? {}),
  }))
}

function attached({ bridge, vif }: { readonly bridge?: string | undefined; readonly vif?: string | undefined }) {
  return { ...(bridge === undefined ? {} : { bridge }), ...(vif === undefined ? {} : { vif }) }
}

/** Of a seed nothing is said: its id is the hash of what may be a secret. */
function contentOf({ spec }: GuestRecord, { vdev, image }: DiskRecord): Pick<VmDisk, 'image' | 'content'> {
  if (spec.seed && !spec.disks.some((disk) => disk.vdev === vdev)) return { content: 'seed' }
  return image === undefined ? {} : { image }
}

function diskAnswer(
  { id, vdev, sizeBytes, access, state, vg }: DiskRecord,
  content: Pick<VmDisk, 'image' | 'content'>,
  inventory: Inventory | undefined,
): VmDisk {
  const there = inventory && vgsOf(inventory).find((one) => one.vg.uuid === vg.uuid)
  return {
    ...{ id, vdev, sizeBytes, access, state },
    ...content,
    ...{ device: `/dev/mapper/${deviceOf(id)}`, lv: lvOf(id), vg: vg.name, found: foundIn(inventory, vg.uuid, lvOf(id)) },
    ...(there
      ? {
          below: there.disks.map(({ name, serial, wwid }) => ({
            device: name,
            ...(serial === undefined ? {} : { serial }),
            ...(wwid === undefined ? {} : { wwid }),
          })),
        }
      : {}),
  }
}

function foundIn(inventory: Inventory | undefined, vg: string, lv: string): VmDisk['found'] {
  if (!inventory) return 'unread'
  if (inventory.lvs.some(({ vgUuid, name }) => vgUuid === vg && name === lv)) return 'yes'
  return uncountedOf(inventory, ['lvs']).length > 0 ? 'unread' : 'no'
}

interface Reporting {
  readonly id: string
  readonly trust: Trust
  readonly inventory: Inventory | undefined
}

export function networkAnswer(network: Known, hosts: readonly Reporting[], vms: number): Network {
  const { name, bridge, bridges, vlan, mtu, created, createdBy } = network
  const pool = hosts.filter(({ trust }) => trust === 'approved')
  const on = (answer: 'yes' | 'unread') => pool.flatMap(({ id, inventory }) => (isOn(network, id, inventory) === answer ? [id] : []))
  return {
    ...{ name, bridge, bridges: { ...bridges }, created, createdBy, hosts: on('yes'), unread: on('unread'), vms },
    ...(vlan === undefined ? {} : { vlan }),
    ...(mtu === undefined ? {} : { mtu }),
  }
}
