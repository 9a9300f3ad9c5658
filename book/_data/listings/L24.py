# document 004, section 2.3
from tensorflow.keras.callbacks import LearningRateScheduler

# 创建学习率调整函数
def schedule(epoch, lr):
    if epoch < 10:
        return lr
    else:
        return lr * np.exp(-0.1 * (epoch - 10))

# 创建学习率调整回调函数
lr_scheduler = LearningRateScheduler(schedule)

# 训练模型
model.fit(X_train, y_train, epochs=20, callbacks=[lr_scheduler])
