/**
 * The public names that must have figures. A name without a case fails the
 * suites.
 *
 * @module
 */

/** Splits a list that is written as prose. */
const words = (text: string): string[] => text.trim().split(/\s+/);

/** Operations of tensors whose values are compared. */
export const TENSOR_OPERATIONS: readonly string[] = words(`
  tensor zeros ones full eye arange linspace zerosLike onesLike fullLike

  add sub mul div remainder pow maximum minimum atan2 hypot
  neg abs sign exp expm1 log log1p log2 sqrt rsqrt reciprocal square
  sin cos tan tanh sigmoid erf relu leakyRelu elu gelu silu softplus
  floor ceil round trunc clamp
  eq ne lt le gt ge logicalAnd logicalOr logicalXor logicalNot isNan isFinite
  where cast

  sum mean prod max min argmax argmin any all variance std norm
  logsumexp softmax logSoftmax cumsum cumprod

  reshape flatten squeeze unsqueeze expand expandAs permute transpose t
  contiguous slice index select narrow flip pad repeat tile chunk split unbind unfold
  tril triu diagonal cat stack

  gather indexSelect scatterAdd takeAlongDim oneHot sort argsort topk
  matmul dot outer einsum
  copy_ fill_ zero_ add_ sub_ mul_ div_ pow_ clamp_ maskedFill maskedFill_
`);

/** Random functions whose distributions are compared. */
export const RANDOM: readonly string[] = words(
  "rand randn randint randperm bernoulli randLike randnLike",
);

/** Functions of `nn.functional`. */
export const FUNCTIONS: readonly string[] = words(`
  linear layerNorm dropout scaledDotProductAttention
  conv2d maxPool2d avgPool2d batchNorm embedding
  relu leakyRelu elu gelu silu tanh sigmoid softplus softmax logSoftmax
  mseLoss l1Loss huberLoss crossEntropy nllLoss
  binaryCrossEntropy binaryCrossEntropyWithLogits
`);

/** Layers. */
export const LAYERS: readonly string[] = words(`
  Sequential Linear Identity Flatten Dropout LayerNorm
  Conv2d MaxPool2d AvgPool2d AdaptiveAvgPool2d BatchNorm1d BatchNorm2d Embedding
  ReLU LeakyReLU ELU GELU SiLU Tanh Sigmoid Softplus Softmax LogSoftmax
`);

/** Initializers. */
export const INITIALIZERS: readonly string[] = words(`
  xavierUniform_ xavierNormal_ kaimingUniform_ kaimingNormal_
  normal_ uniform_ constant_ zeros_ ones_ orthogonal_
`);

/** Optimizers. */
export const OPTIMIZERS: readonly string[] = words(`
  SGD Adam AdamW RMSprop Adagrad NAdam RAdam Adadelta Adamax Lion Muon Adafactor
  LBFGS
`);

/** Learning-rate schedules. */
export const SCHEDULES: readonly string[] = words(`
  StepLR MultiStepLR ExponentialLR CosineAnnealingLR LinearLR OneCycleLR
  ReduceLROnPlateau LambdaLR MultiplicativeLR ConstantLR PolynomialLR
  CosineAnnealingWarmRestarts CyclicLR SequentialLR ChainedScheduler SWALR
`);
