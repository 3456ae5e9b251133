export { createRenderNode, type RenderNode, type RenderNodeDependencies } from './agent/render-node.js';
export { parseRenderNodeConfig, type RenderNodeConfig, RenderNodeConfigSchema, resolveRunDir } from './config.js';
