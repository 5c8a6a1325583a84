import { Graph, Runtime, ParameterArena, crossEntropy, backward, sgd } from "@er/engine";
import { createModel } from "@er/models";
const [name="resnet20", batch="128", size="32", unsafe=""] = process.argv.slice(2);
const rt = await Runtime.open({unsafe: unsafe==="u"});
const {module} = createModel(name,{classes:10});
const arena = new ParameterArena(module, 1);
const g = new Graph(); const B=+batch,S=+size;
const x=g.input("x",[B,S,S,3]), y=g.input("y",[B],"u32"), lr=g.input("lr",[1]);
const loss=crossEntropy(g,module.forward({graph:g,training:true},x),y);
const grads=backward(g,loss).parameters; sgd(g,arena,grads,lr,{momentum:0.9,weightDecay:1e-4});
let t=performance.now(); const p=await rt.compile(g,[loss]); console.log("compile ms",(performance.now()-t).toFixed(0), 'sg', rt.info.subgroupSize);
p.write("x",Float32Array.from({length:B*S*S*3},(_,i)=>Math.sin(i))); p.write("y",Uint32Array.from({length:B},(_,i)=>i%10)); p.write("lr",Float32Array.of(0.05));
for(let i=0;i<3;i++){ t=performance.now(); p.run(); await rt.finish(); const ms=performance.now()-t; const fl=p.plan.steps.reduce((a,s)=>a+s.flops,0); console.log("step ms",ms.toFixed(0),(fl/ms/1e6).toFixed(2),"GF/s loss",(await p.read(loss))[0]); }
const times=await p.profile(); const by={}; p.plan.steps.forEach((s,i)=>{const k=s.kernel; by[k]??=[0,0]; by[k][0]+=times[i]; by[k][1]+=s.flops;}); for(const [k,[ms,f]] of Object.entries(by).sort((a,b)=>b[1][0]-a[1][0]).slice(0,8)) console.log(k.padEnd(40),ms.toFixed(1),'ms',(f/ms/1e6).toFixed(2),'GF/s');
console.log(p.explain().split("\n").at(-1));
rt.close();
