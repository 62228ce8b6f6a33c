// How an agent renews its certificate: `POST /agent/renew` over TLS with the certificate that it has. An expired one, as after a
// long absence of the manager, is good for this and nothing else, and for a few days only.
import { z } from 'zod'
import { list, record } from './values.ts'

/** PKCS #10 (RFC 2986), DER in base64. */
export const renewal = record({ certificateRequest: z.base64().max(8192) })

/** The host's certificate and those above it, DER in base64. */
export const renewed = record({ certificates: list(z.base64().max(8192), 8) })

/** UTF-8 bytes of a body, both ways. */
export const MAX_RENEWAL_BYTES = 1 << 16

/** In the URI of a certificate's subjectAltName: what follows is the host's id. */
export const HOST_URN = 'urn:hostless:host:'
