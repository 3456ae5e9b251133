import { AppError } from '@cloudstage/protocol';
import { Type } from 'typebox';
import { defineOperation } from '../operation.js';
import { idField, inputObject } from './fields.js';

const nodeInput = inputObject({ nodeId: idField() });

/** Render nodes. */
export const nodeOperations = {
  'node.list': defineOperation({
    input: inputObject({
      region: Type.Optional(idField()),
      cursor: Type.Optional(idField()),
      limit: Type.Optional(Type.Integer({ minimum: 1 })),
    }),
    run: (admin, query) => admin.listNodes(query),
  }),
  'node.show': defineOperation({
    input: nodeInput,
    run: async (admin, { nodeId }) => {
      const found = await admin.findNodeDetail(nodeId);
      if (found === null) throw new AppError('node-not-found', `there is no node ${nodeId}`);
      return found;
    },
  }),
  'node.drain': defineOperation({
    input: nodeInput,
    run: async (admin, { nodeId }) => {
      await admin.drainNode(nodeId);
      return { nodeId };
    },
  }),
  'node.resume': defineOperation({
    input: nodeInput,
    run: async (admin, { nodeId }) => {
      await admin.resumeNode(nodeId);
      return { nodeId };
    },
  }),
} as const;
