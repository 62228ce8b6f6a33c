// What a BMC asks of its chassis, in the words of ipmi_sim's chassis control program. Pure.
// Reading: `get power boot` answers a line `name:value` each. Writing: `set power 1`, `set reset 1`, `set boot pxe`.

import type { BootDevice } from './qemu.ts'

export type ChassisRequest =
  | { readonly kind: 'get'; readonly names: readonly string[] }
  | { readonly kind: 'power'; readonly state: 'on' | 'off' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'boot'; readonly device: string }
  | { readonly kind: 'unsupported'; readonly reason: string }

export function parseChassisRequest(text: string): ChassisRequest {
  const [operation, name = '', value = ''] = text.trim().split(/\s+/)
  if (operation === 'get') return { kind: 'get', names: text.trim().split(/\s+/).slice(1) }
  if (operation !== 'set') return unsupported(text)
  switch (name) {
    case 'power':
      return { kind: 'power', state: value === '0' ? 'off' : 'on' }
    case 'reset':
      return { kind: 'reset' }
    case 'shutdown':
      return { kind: 'shutdown' }
    case 'boot':
      return { kind: 'boot', device: value }
    default:
      return unsupported(text)
  }
}

/** undefined when the chassis has no such property. */
export function chassisAnswer(names: readonly string[], state: { readonly running: boolean; readonly boot: string }): string | undefined {
  const values: Record<string, string> = { power: state.running ? '1' : '0', boot: state.boot }
  const lines = names.map((name) => (values[name] === undefined ? undefined : `${name}:${values[name]}\n`))
  return lines.includes(undefined) ? undefined : lines.join('')
}

/** Servers of a pool have nothing on their disks to boot: only an explicit `disk` goes there. */
export function bootDeviceOf(device: string): BootDevice {
  return device === 'disk' ? 'disk' : 'network'
}

function unsupported(text: string): ChassisRequest {
  return { kind: 'unsupported', reason: `the lab's chassis knows no "${text.trim()}"` }
}
