/** A Chinese name's part and how it is read in pinyin, without tones. */
export interface NamePart {
  readonly hanzi: string;
  readonly pinyin: string;
}

/** Only characters with one common reading in names, so that the pinyin beside them is right. */
export const FAMILY_NAMES: readonly NamePart[] = nameParts(`
  王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun 马ma 朱zhu 胡hu 郭guo 何he 林lin 高gao 罗luo
  郑zheng 梁liang 谢xie 宋song 唐tang 许xu 韩han 冯feng 邓deng 曹cao 彭peng 曾zeng 肖xiao 田tian 董dong 袁yuan 潘pan 于yu
  蒋jiang 蔡cai 余yu 杜du 叶ye 程cheng 苏su 魏wei 丁ding 任ren 沈shen 姚yao 卢lu 姜jiang 崔cui 钟zhong 谭tan 陆lu 汪wang 范fan
  金jin 石shi 廖liao 贾jia 夏xia 方fang 白bai 邹zou 孟meng 熊xiong 秦qin 邱qiu 江jiang 欧阳ouyang 司马sima 诸葛zhuge`);

export const GIVEN_NAMES: readonly NamePart[] = nameParts(`
  伟wei 芳fang 娜na 敏min 静jing 丽li 强qiang 磊lei 军jun 洋yang 勇yong 艳yan 杰jie 娟juan 涛tao 明ming 超chao 霞xia 平ping
  刚gang 英ying 华hua 文wen 建jian 国guo 志zhi 玉yu 红hong 春chun 梅mei 兰lan 云yun 雪xue 琳lin 晨chen 宇yu 浩hao 然ran 子zi
  涵han 轩xuan 思si 雨yu 欣xin 怡yi 佳jia 慧hui 婷ting 鹏peng 飞fei 龙long 峰feng 海hai 波bo 宁ning 安an 康kang 嘉jia 俊jun
  博bo 凯kai 瑞rui 诗shi 梦meng 瑶yao 晓xiao 东dong 南nan 可ke 心xin 月yue 星xing 辰chen 若ruo 清qing 远yuan 天tian 松song`);

export const ENGLISH_GIVEN_NAMES: readonly string[] = words(`
  Alice Amelia Andrew Anna Arthur Ben Charlotte Chloe Daniel David Edward Ella Emily Emma Ethan Freya George Grace Hannah
  Harry Henry Isla Jack James Julia Kate Leo Lily Lucas Lucy Maya Michael Nora Oliver Oscar Rose Ruby Sam Sophie Thomas`);

export const ENGLISH_FAMILY_NAMES: readonly string[] = words(`
  Adams Baker Bennett Brooks Carter Clark Collins Cooper Davis Edwards Evans Fisher Foster Gray Green Hall Harris Hughes
  Jackson Kelly King Lewis Martin Miller Mitchell Moore Morgan Murphy Nelson Parker Reed Roberts Scott Shaw Taylor Turner
  Walker Ward Watson Wright`);

/** The first people, the everyday Zhangs and Lis of Chinese examples: the same at every start, so that examples can name them. */
export const FIRST_PEOPLE: readonly (readonly [family: NamePart, given: NamePart])[] = [
  [part('张zhang'), part('三san')],
  [part('李li'), part('四si')],
  [part('王wang'), part('五wu')],
];

function nameParts(list: string): NamePart[] {
  return words(list).map(part);
}

function part(word: string): NamePart {
  const pinyin = word.replace(/^\P{ASCII}+/u, '');
  return { hanzi: word.slice(0, word.length - pinyin.length), pinyin };
}

function words(list: string): string[] {
  return list.trim().split(/\s+/);
}
