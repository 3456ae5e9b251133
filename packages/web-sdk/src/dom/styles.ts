/**
 * Styles of the elements the SDK builds. Class names are part of the interface: pages style them. Scoped under the container, and
 * put into the page once.
 */
const css = `
.cloud-gaming-container{position:relative;width:100%;height:100%;overflow:hidden;outline:none;touch-action:none;user-select:none;-webkit-user-select:none}
.cloud-gaming-stream-container{position:relative;width:100%;height:100%;display:flex;justify-content:center;align-items:center;background-position:center;background-size:cover}
.cloud-gaming-container .video-stream{display:block;object-fit:fill;max-width:none;max-height:none;outline:none;background:transparent}
.cloud-gaming-container .audio-stream{position:absolute;width:0;height:0;opacity:0;pointer-events:none}
.cloud-gaming-container .cursor{position:absolute;left:0;top:0;width:16px;height:16px;display:none;z-index:100;pointer-events:none;background-size:contain;background-repeat:no-repeat}
.cloud-gaming-container .tcg-fake-input{position:absolute;z-index:-5;opacity:0;pointer-events:none}
.cloud-gaming-container .qcloud-stat{position:absolute;right:10px;top:0;width:260px;padding:5px 10px;display:none;flex-direction:column;z-index:5;color:#eee;background:rgba(0,0,0,.6);border-radius:5px;font:12px/18px sans-serif;pointer-events:none}
.cloud-gaming-container .qcloud-stat-row{display:flex}
.cloud-gaming-container .qcloud-stat-left{width:130px}
.cloud-gaming-container .qcloud-stat-right{flex:1}
.cloud-gaming-container .progress-bar-container{position:absolute;inset:0;display:none;flex-direction:column;justify-content:center;align-items:center;text-align:center;pointer-events:none}
.cloud-gaming-container .spinner{width:36px;height:36px;border:3px solid rgba(255,255,255,.25);border-top-color:#fff;border-radius:50%;animation:cloud-gaming-spin 1s linear infinite}
.cloud-gaming-container .starting{margin:16px 0 0;color:#fff;font-weight:bold;text-shadow:0 0 4px #000}
.cloud-gaming-container .restart{position:absolute;left:50%;top:50%;transform:translate(-50%,-50%);display:none;z-index:6;padding:8px 20px;color:#fff;background:rgba(0,0,0,.6);border-radius:5px;text-decoration:none}
@keyframes cloud-gaming-spin{to{transform:rotate(360deg)}}
`;

const styleId = 'cloud-gaming-style';

/** Puts the styles into the document unless they are there. */
export function installStyles(document: Document): void {
  if (document.getElementById(styleId) !== null) return;
  const style = document.createElement('style');
  style.id = styleId;
  style.textContent = css;
  document.head.append(style);
}
