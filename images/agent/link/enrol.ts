// Enrolment (security-notes.md): the boot's one-time token and a certificate request for the certificate of this host.
import type WebSocket from 'ws'
import { decodeManagerMessage } from '../../../manager/protocol/codec.ts'
import type { AgentMessage } from '../../../manager/protocol/messages.ts'
import { sendOver } from './socket.ts'

/** Resolves with the certificates, the host's first. Rejects with the manager's reason, or when there is no answer. */
export function enrol(socket: WebSocket, message: AgentMessage & { readonly kind: 'enrol' }): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    socket.on('open', () => sendOver(socket, message))
    socket.on('unexpected-response', (_request, response) => {
      socket.terminate()
      reject(new Error(`enrolment was answered with HTTP ${response.statusCode}`))
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('enrolment was not answered')))
    socket.once('message', (data: Buffer) => {
      socket.close(1000)
      const decoded = decodeManagerMessage(data)
      if (decoded.kind === 'refused') return reject(new Error(`the answer to the enrolment is none: ${decoded.reason}`))
      const answer = decoded.message
      if (answer.kind === 'enrolled') return resolve(answer.certificates)
      reject(new Error(answer.kind === 'rejected' ? `enrolment refused: ${answer.reason}` : 'enrolment was not answered'))
    })
  })
}
