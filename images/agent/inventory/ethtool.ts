// `ethtool -i NAME`: driver, firmware and place of a network interface.
import { tidy } from './accept.ts'
import { fieldsOf } from './fields.ts'
import { commandSource, type Parsed, type Source } from './reading.ts'

export interface NicDriver {
  readonly driver: string | undefined
  readonly firmware: string | undefined
  /** `0000:3b:00.0`; undefined for what is not on PCI. */
  readonly pci: string | undefined
}

/** `N/A` and empty fields are missing. */
export function parseEthtoolDriver(stdout: string): Parsed<NicDriver> {
  const fields = fieldsOf(stdout)
  const told = (key: string): string | undefined => (fields.get(key) === 'N/A' ? undefined : tidy(fields.get(key), 64))
  const bus = told('bus-info')
  const value = { driver: told('driver'), firmware: told('firmware-version'), pci: /^[0-9a-f]{4}:/.test(bus ?? '') ? bus : undefined }
  return { value, reasons: [] }
}

export function ethtoolDriver(name: string): Source<NicDriver> {
  return commandSource({ command: ['ethtool', '-i', name], parse: parseEthtoolDriver })
}
