// The requests attach-nic and detach-nic: a NIC comes to a guest that runs, or goes from it. It is known by its MAC.
import type { Guest } from '../../../manager/protocol/guests.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Mac } from '../../../manager/protocol/values.ts'
import { lackOfBridges, lackOfFilter } from '../guests/bridges.ts'
import { changeKept } from '../guests/kept.ts'
import { runningGuest, settled } from '../guests/running.ts'
import { oddWord, vifWords } from '../guests/xl-config.ts'
import { refused } from './refusal.ts'
import { failureOf, type World } from './world.ts'

const CHANGED = ['guests', 'bridges'] as const

export async function attachNic(world: World, { uuid, nic }: RequestOf<'attach-nic'>): Promise<AnswerOf<'attach-nic'> | Refusal> {
  const odd = oddWord([nic.bridge])
  if (odd !== undefined) return refused('unable', odd)
  const guest = await runningGuest(world, uuid)
  if (typeof guest === 'string') return refused('unable', guest)
  const there = nicOf(guest, nic.mac)
  if (there && there.bridge !== nic.bridge)
    return refused('unable', `it has a NIC with MAC ${nic.mac} already, on ${there.bridge ?? 'no bridge'}`)
  if (!there) {
    const lacking = (await lackOfBridges(world.backend, [nic])) ?? (await lackOfFilter(world.backend, [nic]))
    if (lacking !== undefined) return refused('unable', lacking)
    const failure = await failureOf(world.backend, ['xl', 'network-attach', String(guest.domid), ...vifWords(nic)])
    const after = await settled(world, uuid, (now) => nicOf(now, nic.mac) !== undefined)
    if (typeof after === 'string') return refused('unknown', after)
    if (!nicOf(after, nic.mac)) return refused('unable', failure ?? 'xl has attached it, and Xen does not show it')
  }
  await changeKept(world, uuid, ({ nics, ...kept }) => ({ ...kept, nics: [...nics.filter(({ mac }) => mac !== nic.mac), nic] }))
  await world.collect(CHANGED)
  return { kind: 'nic-attached', was: there ? 'there' : 'not there' }
}

export async function detachNic(world: World, { uuid, mac }: RequestOf<'detach-nic'>): Promise<AnswerOf<'detach-nic'> | Refusal> {
  const guest = await runningGuest(world, uuid)
  if (typeof guest === 'string') return refused('unable', guest)
  const there = nicOf(guest, mac)
  if (there) {
    if (guest.state === 'paused') return refused('unable', 'it is paused, and lets go of nothing: let it run first')
    const failure = await failureOf(world.backend, ['xl', 'network-detach', String(guest.domid), mac])
    const after = await settled(world, uuid, (now) => nicOf(now, mac) === undefined)
    if (typeof after === 'string') return refused('unknown', after)
    if (nicOf(after, mac)) return refused('unable', `it does not let go of its NIC ${mac}: ${failure ?? 'Xen shows it still'}`)
  }
  await changeKept(world, uuid, ({ nics, ...kept }) => ({ ...kept, nics: nics.filter((one) => one.mac !== mac) }))
  await world.collect(CHANGED)
  return { kind: 'nic-detached', was: there ? 'there' : 'not there' }
}

function nicOf({ nics }: Guest, mac: Mac): Guest['nics'][number] | undefined {
  return nics.find((one) => one.mac === mac)
}

export const attachNicChanges = { 'attach-nic': attachNic, 'detach-nic': detachNic } as const
