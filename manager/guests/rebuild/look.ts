// What hosts tell of guests, asked anew: reports, and what VGs remember. A host that could not be read whole is told, and never taken for one
// without guests.

import type { Asked } from '../../agents/questions.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import { type VgRef, vgRef } from '../../protocol/guest-disk.ts'
import { RECORDS_LV } from '../../protocol/guest-record.ts'
import { isAnswering, isHarmless, sayHost } from '../../protocol/host.ts'
import type { Inventory, SectionName } from '../../protocol/inventory.ts'
import type { AnswerOf, RequestBody } from '../../protocol/requests.ts'
import { sayUnread, unreadOf } from '../../protocol/unread.ts'
import type { HostTold } from './picture.ts'

export interface LookDeps {
  readonly pool: Pick<Pool, 'hosts' | 'knownInventory' | 'learn'>
  readonly request: (host: string, body: RequestBody) => Promise<Asked>
}

export interface Looked {
  readonly hosts: readonly HostTold[]
  /** Of each host that was not read, why, and what to do. */
  readonly unread: readonly { readonly host: string; readonly why: string }[]
}

const SECTIONS: readonly SectionName[] = ['guests', 'vgs', 'lvs', 'bridges']
/** What VGs lie on. Where that could not be read, what two hosts have of one UUID is two. */
const BENEATH: readonly SectionName[] = ['blockDevices', 'multipaths', 'partitions', 'fileSystems', 'pvs', 'nfsMounts']

export async function lookAtHosts({ pool, request }: LookDeps): Promise<Looked> {
  const all = await Promise.all(pool.hosts().map((host) => lookAt({ pool, request }, host)))
  return {
    hosts: all.flatMap((one) => (one.kind === 'told' ? [one.told] : [])),
    unread: all.flatMap((one) => (one.kind === 'unread' ? [{ host: one.host, why: one.why }] : [])),
  }
}

type One =
  | { readonly kind: 'told'; readonly told: HostTold }
  | { readonly kind: 'unread'; readonly host: string; readonly why: string }
  | { readonly kind: 'nothing' }

async function lookAt({ pool, request }: LookDeps, host: HostView): Promise<One> {
  const { id, name } = host
  const unread = (why: string): One => ({ kind: 'unread', host: name, why })
  if (host.trust === 'rejected' || isHarmless(host)) return { kind: 'nothing' }
  if (host.trust === 'pending') return unread(`it may only report: hostless host approve ${name}`)
  if (!isAnswering(host))
    return unread(`it is ${sayHost(host)}: wait until it is up, or say that it runs nothing: hostless host fence ${name}`)
  const collected = await request(id, { kind: 'collect', sections: [...SECTIONS, ...BENEATH] })
  if (collected.kind === 'refused') return unread(collected.reason)
  await pool.learn()
  const inventory = pool.knownInventory(id)
  if (!inventory) return unread('it has not reported')
  const lacks = sayUnread(unreadOf(inventory, SECTIONS))
  if (lacks !== undefined) return unread(lacks)
  const records: HostTold['records'][number][] = []
  const damaged: string[] = []
  for (const vg of remembering(inventory)) {
    const read = await readRecords(request, id, vg)
    if (typeof read === 'string') return unread(`what its VG ${vg.name} remembers: ${read}`)
    records.push(...read.records.map((record) => ({ vg: vg.uuid, record })))
    damaged.push(...read.damaged.map((one) => `VG ${vg.name}, ${one}`))
  }
  return { kind: 'told', told: { id, name, sections: inventory, records, damaged } }
}

function remembering({ vgs, lvs }: Pick<Inventory, 'vgs' | 'lvs'>): readonly VgRef[] {
  const there = vgs.filter(({ uuid }) => lvs.some((lv) => lv.vgUuid === uuid && lv.name === RECORDS_LV))
  return there.flatMap(({ name, uuid }) => vgRef.safeParse({ name, uuid }).data ?? [])
}

async function readRecords(request: LookDeps['request'], host: string, vg: VgRef): Promise<AnswerOf<'read-guests'> | string> {
  const asked = await request(host, { kind: 'read-guests', vg })
  if (asked.kind === 'refused') return asked.reason
  if (asked.answer.kind === 'guests-read') return asked.answer
  return asked.answer.kind === 'refused' ? asked.answer.reason : `its agent gave an answer to something else: ${asked.answer.kind}`
}
