// The section iscsi: this host's initiator name, and the sessions that it has.
import { type Iscsi, iscsi } from '../../../manager/protocol/storage.ts'
import type { Backend } from '../backend.ts'
import { accept } from '../inventory/accept.ts'
import { initiatorName, iscsiSessions } from '../inventory/iscsiadm.ts'
import { adding, type Reading } from '../inventory/reading.ts'
import { readAll, told } from './section.ts'

export async function readIscsi(backend: Backend): Promise<Reading<Iscsi>> {
  const { values, problems } = await readAll(backend, adding('detail', initiatorName), iscsiSessions)
  const [initiator, sessions] = values
  const { value, reasons } = accept(iscsi, { initiator, sessions }, 'iSCSI')
  return { value: value ?? { sessions: [] }, problems: [...problems, ...told('iSCSI', reasons)] }
}
