// The WebSocket of an agent without a certificate: one message comes, one goes, and it is closed.
import type { WebSocket } from 'ws'
import type { Log } from '../../appliance/wire/log.ts'
import type { Enrolled, EnrolRequest } from '../enrolment/enrol.ts'
import { decodeAgentMessage, encodeMessage } from '../protocol/codec.ts'
import type { ManagerMessage } from '../protocol/messages.ts'
import { storageFault } from '../store/trouble.ts'

/** UTF-8 bytes of the message enrol, with 256 MACs and a certificate request. */
export const MAX_ENROL_BYTES = 1 << 16
/** Milliseconds for it to come. */
const PATIENCE = 10_000

export function serveEnrolment(socket: WebSocket, peer: string, enrol: (asked: EnrolRequest) => Promise<Enrolled>, log: Log): void {
  const patience = setTimeout(() => socket.terminate(), PATIENCE)
  socket.on('close', () => clearTimeout(patience))
  socket.on('error', (error) => log.warn({ peer, reason: error.message }, 'enrolment refused'))
  socket.once('message', (data) => {
    const decoded = decodeAgentMessage(data as Buffer)
    if (decoded.kind === 'refused' || decoded.message.kind !== 'enrol') {
      const reason = decoded.kind === 'refused' ? decoded.reason : `${decoded.message.kind} instead of enrol`
      log.warn({ peer, reason }, 'enrolment refused')
      return answer(socket, { kind: 'rejected', reason, retry: false })
    }
    const { attempt } = decoded.message
    enrol(decoded.message).then(
      (enrolled) => {
        if (enrolled.kind === 'enrolled') return answer(socket, { kind: 'enrolled', certificates: enrolled.certificates })
        const { reason, retry } = enrolled
        log.warn({ peer, attempt, reason }, 'enrolment refused')
        answer(socket, { kind: 'rejected', reason, retry })
      },
      (error: unknown) => {
        log.error({ peer, attempt, error }, 'enrolment failed')
        answer(socket, { kind: 'rejected', reason: storageFault(error)?.reason ?? 'the manager cannot do it now', retry: true })
      },
    )
  })
}

function answer(socket: WebSocket, message: ManagerMessage): void {
  const encoded = encodeMessage(message)
  if (encoded.kind === 'bytes') socket.send(encoded.bytes, { binary: false })
  socket.close(1000)
}
