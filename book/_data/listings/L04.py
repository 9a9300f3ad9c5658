# document 001, section 4.3
import numpy as np

# 初始化模型参数
w = np.random.randn(1)

# 设置学习率
learning_rate = 0.01

# 设置训练数据
X = np.array([[1000], [2000], [3000]])
y = np.array([1500, 2500, 3000])

# 训练模型
for _ in range(1000):
    # 计算预测房价
    y_pred = X.dot(w)
    
    # 计算损失函数值
    loss = (y - y_pred)**2
    
    # 计算梯度
    dw = 2 * (y - y_pred) * X
    
    # 更新模型参数
    w -= learning_rate * dw

# 输出训练结果
print("训练完成，最终模型参数：w =", w)
