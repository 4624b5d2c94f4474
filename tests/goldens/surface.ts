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
  linear bilinear layerNorm dropout scaledDotProductAttention
  conv1d conv2d conv3d convTranspose1d convTranspose2d convTranspose3d pad
  maxPool1d maxPool2d maxPool3d avgPool1d avgPool2d avgPool3d
  maxPool1dWithIndices maxPool2dWithIndices maxPool3dWithIndices
  maxUnpool1d maxUnpool2d maxUnpool3d lpPool1d lpPool2d
  adaptiveAvgPool1d adaptiveAvgPool2d adaptiveAvgPool3d
  adaptiveMaxPool1d adaptiveMaxPool2d adaptiveMaxPool3d
  adaptiveMaxPool1dWithIndices adaptiveMaxPool2dWithIndices
  adaptiveMaxPool3dWithIndices
  interpolate pixelShuffle pixelUnshuffle channelShuffle unfold fold
  gridSample affineGrid
  batchNorm embedding embeddingBag
  groupNorm instanceNorm localResponseNorm
  dropout1d dropout2d dropout3d alphaDropout featureAlphaDropout
  relu leakyRelu elu gelu silu tanh sigmoid softplus softmax logSoftmax
  relu6 hardtanh hardsigmoid hardswish hardshrink softshrink threshold prelu rrelu
  mish selu celu glu softsign logSigmoid tanhshrink softmin
  mseLoss l1Loss huberLoss crossEntropy nllLoss
  binaryCrossEntropy binaryCrossEntropyWithLogits
  smoothL1Loss klDivLoss gaussianNllLoss poissonNllLoss ctcLossOfLogits
  marginRankingLoss hingeEmbeddingLoss cosineEmbeddingLoss tripletMarginLoss
  tripletMarginWithDistanceLoss softMarginLoss multiLabelSoftMarginLoss
  multiMarginLoss multiLabelMarginLoss pairwiseDistance cosineSimilarity normalize
`);

/**
 * Layers: outputs, gradients, second order where they are smooth, state dicts, and
 * compiled, in `nn_suite.ts`; those of several inputs in `sequence_suite.ts`. Their
 * first values are in `init.json`.
 */
export const LAYERS: readonly string[] = words(`
  Sequential Linear Bilinear Identity Flatten Dropout LayerNorm
  Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d
  MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d LPPool1d LPPool2d
  AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d
  AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d
  MaxUnpool1d MaxUnpool2d MaxUnpool3d Unflatten
  Upsample PixelShuffle PixelUnshuffle ChannelShuffle Unfold Fold Embedding EmbeddingBag
  ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad1d ConstantPad2d ConstantPad3d
  ReflectionPad1d ReflectionPad2d ReflectionPad3d
  ReplicationPad1d ReplicationPad2d ReplicationPad3d
  CircularPad1d CircularPad2d CircularPad3d
  RMSNorm SinusoidalPositions RotaryEmbedding weightNorm spectralNorm
  RNN LSTM GRU RNNCell LSTMCell GRUCell MultiheadAttention
  TransformerEncoderLayer TransformerEncoder TransformerDecoderLayer
  TransformerDecoder Transformer
  BatchNorm1d BatchNorm2d BatchNorm3d GroupNorm LocalResponseNorm
  InstanceNorm1d InstanceNorm2d InstanceNorm3d
  Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout
  ReLU LeakyReLU ELU GELU SiLU Tanh Sigmoid Softplus Softmax LogSoftmax
  ReLU6 Hardtanh Hardsigmoid Hardswish Hardshrink Softshrink Threshold PReLU RReLU
  Mish SELU CELU GLU Softsign LogSigmoid Tanhshrink Softmin Softmax2d
`);

/** Initializers. */
export const INITIALIZERS: readonly string[] = words(`
  xavierUniform_ xavierNormal_ kaimingUniform_ kaimingNormal_
  normal_ uniform_ constant_ zeros_ ones_ orthogonal_
`);

/** Optimizers. */
export const OPTIMIZERS: readonly string[] = words(`
  SGD Adam AdamW RMSprop Adagrad NAdam RAdam Adadelta Adamax Lion Muon Adafactor
  LBFGS ASGD Rprop SparseAdam
`);

/** Learning-rate schedules. */
export const SCHEDULES: readonly string[] = words(`
  StepLR MultiStepLR ExponentialLR CosineAnnealingLR LinearLR OneCycleLR
  ReduceLROnPlateau LambdaLR MultiplicativeLR ConstantLR PolynomialLR
  CosineAnnealingWarmRestarts CyclicLR SequentialLR ChainedScheduler SWALR
`);
