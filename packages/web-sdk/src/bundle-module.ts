import { CloudGamingWebSDK } from './sdk.js';

/** Entry of the ES module: the page's SDK as the default export. */
export { CloudGamingWebSDK };
export default new CloudGamingWebSDK();
