// The name by which targets know a host: a line of a file that open-iscsi reads.
import type { TextFile } from './site.ts'

export const NAME_FILE = '/etc/iscsi/initiatorname.iscsi'

export function initiatorIn(files: ReadonlyMap<string, TextFile>): string | undefined {
  return /^\s*InitiatorName\s*=\s*(\S+)\s*$/m.exec(files.get(NAME_FILE)?.text ?? '')?.[1]
}
