// The boot desk's answer to a host that is to boot something else than the pool once. That its order was followed is on disk before the
// script leaves: the same attempt gets the same again, and no other one does, also after a crash in between.
import type { OnceKind } from '../manager/protocol/once.ts'
import { dueKind, planOnce } from './boot/once.ts'
import type { BootRefusal, KnownHost, ServerAddress } from './boot/plan.ts'
import { onceScript } from './boot/script.ts'
import type { FillTemplate } from './boot/templates.ts'
import type { FollowedOrders } from './store/followed-orders.ts'
import type { Attempt } from './timeline/attempt.ts'

/** Of the boot desk. */
export interface OnceDesk {
  readonly server: ServerAddress
  readonly fill: FillTemplate
  readonly followed: FollowedOrders
  /** Whether memtest86+ is on this machine. */
  readonly hasMemtest: () => Promise<boolean>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export type OnceAnswer =
  | { readonly kind: 'once'; readonly text: string; readonly what: OnceKind }
  /** No order is used up by this. */
  | BootRefusal
  /** It boots the pool. */
  | { readonly kind: 'pool' }

const POOL: OnceAnswer = { kind: 'pool' }

export async function answerOnce(desk: OnceDesk, attempt: Attempt, host: KnownHost | undefined): Promise<OnceAnswer> {
  const { followed, server, fill, now } = desk
  const wanted = wantedBy(desk, attempt, host)
  if (!wanted) return POOL
  const hasMemtest = wanted.what === 'memtest' && (await desk.hasMemtest())
  const plan = planOnce({ mac: attempt.mac, host, what: wanted.what, server, hasMemtest })
  if (plan.kind === 'refused') return plan
  const { mac, id } = attempt
  if (wanted.order !== undefined) followed.follow({ id: wanted.order, attempt: id, mac, what: plan.what, at: now() })
  const what = followed.of(id)
  return what ? { kind: 'once', text: onceScript(fill, { ...plan, what }, id), what } : POOL
}

/** `order`: that it would follow now. An attempt that has been given the pool stays with it: an order is for the next boot. */
function wantedBy({ followed, now }: OnceDesk, { id, pin }: Attempt, host: KnownHost | undefined) {
  const what = followed.of(id)
  if (what) return { what, order: undefined }
  const due = pin ? undefined : dueKind(host?.once, now())
  return due && host?.once && !followed.has(host.once.id) ? { what: due, order: host.once.id } : undefined
}
