// Right answers of 30 published CIFAR-10 classifiers on the CIFAR-10 test set and on CIFAR-10.1: model, CIFAR-10 test,
// CIFAR-10.1 v4, CIFAR-10.1 v6. Source: the predictions published with Recht, Roelofs, Schmidt and Shankar 2018, "Do
// CIFAR-10 Classifiers Generalize to CIFAR-10?" (arXiv:1806.00451), counted by test/golden/metrics_cifar10_1.py.

/** Number of examples of each split. */
export const CIFAR10_1_SIZES = { original: 10000, v4: 2021, v6: 2000 } as const;

type Row = readonly [model: string, original: number, v4: number, v6: number];

/** Number of right answers of each model. */
export const CIFAR10_1_COUNTS: readonly Row[] = [
  ["alexnet_tf_ben", 8198, 1392, 1384],
  ["cudaconvnet", 8854, 1567, 1564],
  ["darc", 9657, 1809, 1798],
  ["densenet_BC_100_12", 9554, 1770, 1758],
  ["nas", 9543, 1795, 1784],
  ["pyramidnet_basic_110_270", 9634, 1828, 1810],
  ["pyramidnet_basic_110_84", 9573, 1804, 1792],
  ["random_features_256k_aug", 8563, 1478, 1472],
  ["random_features_256k_no_aug", 8420, 1412, 1409],
  ["random_features_32k_aug", 8497, 1454, 1444],
  ["random_features_32k_no_aug", 8331, 1373, 1374],
  ["resnet_basic_110", 9346, 1721, 1708],
  ["resnet_basic_32", 9252, 1715, 1704],
  ["resnet_basic_44", 9301, 1702, 1696],
  ["resnet_basic_56", 9330, 1717, 1697],
  ["resnet_preact_basic_110", 9338, 1748, 1738],
  ["resnet_preact_bottleneck_164", 9419, 1736, 1722],
  ["resnetv2_tf", 9269, 1705, 1702],
  ["resnext_29_4x64d", 9639, 1811, 1803],
  ["resnext_29_8x64d", 9623, 1818, 1802],
  ["shake_drop", 9687, 1865, 1846],
  ["shake_shake_26_2x32d_SSI", 9659, 1815, 1800],
  ["shake_shake_26_2x64d_SSI", 9699, 1848, 1838],
  ["shake_shake_26_2x64d_SSI_cutout16", 9711, 1879, 1862],
  ["shake_shake_26_2x96d_SSI", 9707, 1858, 1839],
  ["vgg16_keras", 9359, 1723, 1712],
  ["vgg_15_BN_64", 9299, 1715, 1701],
  ["wide_resnet_tf", 9501, 1789, 1777],
  ["wrn_28_10", 9593, 1813, 1803],
  ["wrn_28_10_cutout16", 9696, 1859, 1842],
];
