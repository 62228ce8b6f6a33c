// Guests: what there is, where one can start, and the automations that make, start, stop and remove them.
import { planChange, previewChange } from '../../automations/guests/plans/change.ts'
import { planCreate } from '../../automations/guests/plans/create.ts'
import { planDestroy, planForget, planPause, planReboot, planStart, planStop } from '../../automations/guests/plans/life.ts'
import type { PlanDeps } from '../../automations/guests/plans/plan.ts'
import { vms } from '../../contract/vms.ts'
import type { GuestBook } from '../../guests/book.ts'
import { clashesIn } from '../../guests/clashes.ts'
import type { Where } from '../../guests/where.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Pool } from '../../hosts/service.ts'
import type { Done } from '../../outcome.ts'
import { vmAnswer, vmDetailAnswer } from '../answers/vm-answer.ts'
import { vmPageOf } from '../answers/vm-page.ts'
import { hostsWithin, noneWithin } from '../rights/hosts-within.ts'
import { inherited } from '../rights/rights.ts'
import { done, type HandlersOf, missing } from './handlers.ts'
import { noHost } from './hosts.ts'
import { type Starter, startAutomation } from './starting.ts'

export interface VmDeps {
  readonly pool: Pool
  readonly automations: Starter
  readonly guests: {
    readonly book: GuestBook
    readonly where: Where
    readonly plans: PlanDeps
  }
}

export function vmHandlers({ pool, automations, guests: { book, where, plans } }: VmDeps): HandlersOf<typeof vms> {
  const inventory = (host: string) => pool.knownInventory(host)
  const hostOf = (ref: string): Done<HostView> => {
    const view = pool.find(ref)
    return view ? done(view) : missing(noHost(ref))
  }
  const hostsOf = (refs: readonly string[] | undefined): Done<{ readonly among?: ReadonlySet<string> }> => {
    if (!refs) return done({})
    const ids: string[] = []
    for (const ref of refs) {
      const found = hostOf(ref)
      if (found.kind !== 'done') return found
      ids.push(found.value.id)
    }
    return done({ among: new Set(ids) })
  }
  return {
    async list(page) {
      const all = await book.all()
      const clashes = clashesIn(all)
      return done(
        vmPageOf(
          all.map((view) => vmAnswer(view, clashes.get(view.uuid))),
          page,
        ),
      )
    },
    async show({ ref }) {
      const [own, all] = [await book.find(ref), await book.all()]
      const view = own ?? all.find((one) => one.uuid === ref || one.name === ref)
      return view ? done(vmDetailAnswer(view, inventory, clashesIn(all).get(view.uuid))) : missing(noVm(ref))
    },
    async where({ ref, spec, hosts }) {
      const among = hostsOf(hosts)
      if (among.kind !== 'done') return among
      if (spec) return done(placesAnswer(await where.places({ spec, ...among.value })))
      if (ref === undefined) return { kind: 'refused', status: 400, reason: 'name a guest (ref), or give a spec' }
      const view = await book.find(ref)
      if (!view) return missing(noVm(ref))
      const { record } = view
      const placed = record.host === undefined ? {} : { placed: { uuid: record.uuid, host: record.host } }
      return done(placesAnswer(await where.places({ spec: record.spec, ...placed, ...among.value })))
    },
    create: (input, by) =>
      startAutomation(automations, vms.create, input, by, async () => {
        const among = hostsOf(input.hosts)
        if (among.kind !== 'done') return among
        const own = hostsWithin(pool, by.who)
        if (own?.size === 0) return noneWithin(by.who)
        const may = among.value.among ?? own
        return planCreate(plans, {
          spec: inherited(input.spec, by.who),
          ...(may ? { among: may } : {}),
          power: input.power,
          who: by.who.user,
        })
      }),
    start: (input, by) =>
      startAutomation(automations, vms.start, input, by, async () => {
        const on = input.host === undefined ? undefined : hostOf(input.host)
        if (on && on.kind !== 'done') return on
        return planStart(plans, { ref: input.ref, on: on?.value, within: by.start?.within })
      }),
    stop: (input, by) => startAutomation(automations, vms.stop, input, by, () => planStop(plans, { ...input, within: by.start?.within })),
    reboot: (input, by) =>
      startAutomation(automations, vms.reboot, input, by, () => planReboot(plans, { ...input, within: by.start?.within })),
    pause: (input, by) =>
      startAutomation(automations, vms.pause, input, by, () => planPause(plans, { ...input, to: 'paused', within: by.start?.within })),
    unpause: (input, by) =>
      startAutomation(automations, vms.unpause, input, by, () => planPause(plans, { ...input, to: 'running', within: by.start?.within })),
    destroy: (input, by) =>
      startAutomation(automations, vms.destroy, input, by, () => planDestroy(plans, { ...input, within: by.start?.within })),
    forget: (input, by) =>
      startAutomation(automations, vms.forget, input, by, () => planForget(plans, { ...input, within: by.start?.within })),
    async preview({ ref, spec, change }) {
      const asked = spec ? { ref, spec } : change ? { ref, change } : undefined
      if (!asked) return { kind: 'refused', status: 400, reason: 'give the whole of a spec, or a change' }
      const said = await previewChange(plans, asked)
      return said.kind === 'done' ? done({ changes: said.value.map((one) => ({ ...one })) }) : said
    },
    change: (input, by) =>
      startAutomation(automations, vms.change, input, by, () => planChange(plans, { ...input, within: by.start?.within })),
    apply: (input, by) =>
      startAutomation(automations, vms.apply, input, by, () => planChange(plans, { ...input, within: by.start?.within })),
  }
}

function placesAnswer({ fits, refused }: Awaited<ReturnType<Where['places']>>) {
  return { fits: [...fits], refused: refused.map((one) => ({ ...one, reasons: [...one.reasons] })) }
}

const noVm = (ref: string): string => `guest ${JSON.stringify(ref)}`
