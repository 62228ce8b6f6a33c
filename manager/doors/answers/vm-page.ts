// Of the list of guests those that are asked for, and a page of them. Pure.
import type { Vm, VmPage } from '../../contract/vms.ts'

/** By name, and by UUID where names are the same: where a page ends does not move while guests come and go. */
const keyOf = ({ name, uuid }: Vm): string => `${name} ${uuid}`

export function vmPageOf(
  all: readonly Vm[],
  { limit, after, state, host, group, tag }: VmPage,
): { readonly vms: Vm[]; readonly next?: string } {
  const meant = all.filter(
    (vm) =>
      (state === undefined || vm.state === state) &&
      (host === undefined || vm.host === host || vm.hostName === host) &&
      (group === undefined || vm.groups.includes(group)) &&
      (tag === undefined || vm.tags.includes(tag)),
  )
  if (limit === undefined && after === undefined) return { vms: meant }
  const keyed = meant.map((vm) => ({ vm, key: keyOf(vm) })).sort((a, b) => (a.key < b.key ? -1 : 1))
  const behind = after === undefined ? keyed : keyed.filter(({ key }) => key > after)
  const page = behind.slice(0, limit)
  const last = page.at(-1)
  return { vms: page.map(({ vm }) => vm), ...(last && page.length < behind.length ? { next: last.key } : {}) }
}
