import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ProjectServices, ServedImage } from '../services/projects/contract.js';

/** Ids are made here; anything else is no picture and costs no query. */
const imageIdPattern = /^cf-[a-z0-9]{8}$/;

/** A picture of an id never changes, pages of any origin show it, and nothing in it is to be run. */
function addHeaders(reply: FastifyReply, image: ServedImage): void {
  reply.header('content-type', image.contentType);
  reply.header('etag', `"${image.sha256}"`);
  reply.header('cache-control', 'public, max-age=31536000, immutable');
  reply.header('x-content-type-options', 'nosniff');
  reply.header('content-security-policy', "default-src 'none'; sandbox");
  reply.header('cross-origin-resource-policy', 'cross-origin');
}

/** Registers `GET /images/<id>`: background images, for the browsers of end users, so without a signature. */
export function registerImages(fastify: FastifyInstance, services: Pick<ProjectServices, 'findBackgroundImage'>): void {
  fastify.get<{ Params: { id: string } }>('/images/:id', async (request, reply) => {
    const { id } = request.params;
    const image = imageIdPattern.test(id) ? await services.findBackgroundImage(id) : null;
    if (image === null) {
      return reply.code(404).header('cache-control', 'no-store').send({ message: 'there is no such picture' });
    }
    addHeaders(reply, image);
    if (request.headers['if-none-match'] === `"${image.sha256}"`) return reply.code(304).send();
    reply.header('content-length', image.sizeBytes);
    // Read whole: it is small, and an error of the store is then an error of the reply, not a cut picture.
    const parts: Uint8Array[] = [];
    for await (const part of await image.open()) parts.push(part);
    return reply.send(Buffer.concat(parts));
  });
}
